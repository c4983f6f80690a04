import { type QueryMatch, query as queryService, refusal, type Service, STATUS } from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import type { NodeContext } from '../../node/context.ts';
import { query } from '../../query/index.ts';
import { encodeAttributes, readAttributes } from '../data-sets.ts';
import { mayAsk } from '../permissions.ts';
import { answerOf, levelOf, MODELS, readQuery, UNIQUE_KEYS } from './identifier.ts';

/** Matches that are read from the index at a time, and that one query gets at most. */
const PAGE = 200;
export const MOST_MATCHES = 20_000;

/**
 * C-FIND of the archive (PS3.4 C.4.1), patient and study root, at every level. Keys of higher levels may be left out
 * or matched (relational queries) whether that was negotiated or not.
 */
export function archiveQuery({
  db,
  metadata,
  configuration,
}: Pick<NodeContext, 'db' | 'metadata' | 'configuration'>): Service {
  return queryService({
    models: MODELS.map(({ find }) => find),
    async *find({
      association,
      model,
      identifier: bytes,
      transferSyntaxUid,
      signal,
    }): AsyncGenerator<QueryMatch> {
      if (!mayAsk(configuration, association, 'query'))
        throw refusal(STATUS.notAuthorized, 'Not permitted for this AE title');
      const identifier = readAttributes(bytes, transferSyntaxUid);
      const level = levelOf(identifier, model);
      const { parameters, ignoresKeys } = readQuery(identifier, level);
      const unique = UNIQUE_KEYS[level];
      // What arrives meanwhile moves the others on: some are met twice, none is missed.
      const seen = new Set<string>();
      for (let offset = 0; !signal.aborted; offset += PAGE) {
        const page = { ...parameters, limit: String(PAGE), offset: String(offset) };
        const { matches, more } = await query(db, metadata, level, {}, page, (path) => path).catch(refused);
        for (const match of matches) {
          const name = String(match[unique]?.Value?.[0] ?? '');
          if (seen.has(name)) continue;
          if (seen.size >= MOST_MATCHES)
            throw refusal(STATUS.outOfResources, 'Too many matches: narrow the query');
          seen.add(name);
          const answer = answerOf(match, identifier, configuration.dicom.aeTitle);
          yield { identifier: encodeAttributes(answer), ignoresKeys };
        }
        if (!more) return;
      }
    },
  });
}

/** What the index cannot understand is the peer's to mend; its message names attributes, never their values. */
function refused(error: unknown): never {
  if (error instanceof PhotopeakError && error.code === 'HTTP_INPUT')
    throw refusal(STATUS.dataSetDoesNotMatch, error.message.slice(0, 64));
  throw error;
}
