import type { DicomJson } from '@photopeak/dicom';
import {
  type IncomingRetrieval,
  type RetrievalReport,
  refusal,
  retrieval,
  type Service,
  STATUS,
  type StoredInstance,
  statusText,
} from '@photopeak/dimse';
import { appendAudit } from '../../governance/index.ts';
import type { NodeContext } from '../../node/context.ts';
import { readAttributes } from '../data-sets.ts';
import { knownPeer } from '../peers.ts';
import { mayAsk } from '../permissions.ts';
import { levelOf, MODELS, namedBy } from './identifier.ts';
import { archivedInstance } from './stored-instance.ts';

/** Instances of one retrieval. Each costs some hundred bytes while it waits; its file is opened when its turn comes. */
export const MOST_INSTANCES = 50_000;
const MOST_NAMES = 1_000;
/** Associations to the destination of a C-MOVE. */
const ASSOCIATIONS = 3;

type Context = Pick<NodeContext, 'db' | 'archive' | 'configuration' | 'log'>;

/** C-MOVE to configured destinations, and C-GET (PS3.4 C.4.2, C.4.3), patient and study root. */
export function archiveRetrieval(context: Context): Service {
  const { configuration, log } = context;
  return retrieval({
    models: MODELS,
    maxAssociations: ASSOCIATIONS,
    async select(request) {
      if (!mayAsk(configuration, request.association, 'retrieve'))
        throw refusal(STATUS.notAuthorized, 'Not permitted for this AE title');
      return instancesFor(context, request);
    },
    destination: (aeTitle, association) =>
      // Whoever may not retrieve does not learn which destinations there are.
      mayAsk(configuration, association, 'retrieve')
        ? knownPeer(configuration, aeTitle)
        : Promise.reject(refusal(STATUS.notAuthorized, 'Not permitted for this AE title')),
    onReport: (report) => noteEnd(log, report),
  });
}

async function instancesFor(
  { db, archive }: Context,
  { association, model, identifier: bytes, transferSyntaxUid, destination }: IncomingRetrieval,
): Promise<StoredInstance[]> {
  const identifier = readAttributes(bytes, transferSyntaxUid);
  const level = levelOf(identifier, model);
  const names = namesAt(identifier, level);
  const column = {
    patients: 'study.patient_id',
    studies: 'instance.study_instance_uid',
    series: 'instance.series_instance_uid',
    instances: 'instance.sop_instance_uid',
  } as const;
  const studies = namedBy(identifier, 'studies');
  const series = namedBy(identifier, 'series');
  const rows = await db
    .selectFrom('instance')
    .innerJoin('study', 'study.study_instance_uid', 'instance.study_instance_uid')
    .select([
      'instance.study_instance_uid',
      'instance.sop_instance_uid',
      'instance.sop_class_uid',
      'instance.transfer_syntax_uid',
      'instance.sha256',
      'instance.byte_length',
    ])
    .where(column[level], 'in', names)
    .$if(studies.length > 0, (query) => query.where('instance.study_instance_uid', 'in', studies))
    .$if(series.length > 0, (query) => query.where('instance.series_instance_uid', 'in', series))
    .orderBy('instance.study_instance_uid')
    .orderBy('instance.series_instance_uid')
    .orderBy('instance.instance_number')
    .orderBy('instance.sop_instance_uid')
    .limit(MOST_INSTANCES + 1)
    .execute();
  if (rows.length > MOST_INSTANCES)
    throw refusal(STATUS.cannotCount, `More than ${MOST_INSTANCES} instances at once`);
  const counts = new Map<string, number>();
  for (const { study_instance_uid: study } of rows) counts.set(study, (counts.get(study) ?? 0) + 1);
  const how = destination === undefined ? 'c-get' : 'c-move';
  await db.transaction().execute((transaction) =>
    appendAudit(
      transaction,
      [...counts].map(([study, instances]) => ({
        kind: 'access' as const,
        actor: `ae:${association.callingAeTitle}`,
        subject: `study:${study}`,
        detail: { how, instances, ...(destination === undefined ? {} : { destination }) },
      })),
    ),
  );
  return rows.map((row) => archivedInstance(archive, row));
}

/** A retrieval names what it wants: the unique key of its level, one value or, of UIDs, several (PS3.4 C.4.2.1.4.1). */
function namesAt(identifier: DicomJson, level: ReturnType<typeof levelOf>): string[] {
  const names = namedBy(identifier, level);
  if (names.length === 0) throw refusal(STATUS.dataSetDoesNotMatch, 'No unique key of the level');
  if (names.length > MOST_NAMES) throw refusal(STATUS.cannotCount, `More than ${MOST_NAMES} unique keys`);
  if (names.some((name) => /[*?]/.test(name)))
    throw refusal(STATUS.dataSetDoesNotMatch, 'A retrieval takes no wildcards');
  if (level === 'patients' && names.length > 1)
    throw refusal(STATUS.dataSetDoesNotMatch, 'One patient at a time');
  return names;
}

function noteEnd(log: Context['log'], report: RetrievalReport): void {
  const { association, destination, status, completed, warning, failed } = report;
  const [first] = failed;
  log[failed.length === 0 ? 'info' : 'warn'](
    {
      peer: association.callingAeTitle,
      destination,
      status: statusText(status),
      completed: completed + warning,
      failed: failed.length,
      ...(first === undefined ? {} : { instance: first.sopInstanceUid, reason: first.reason }),
    },
    'a peer retrieved instances',
  );
}
