import { type Dataset, parseDataset, toDicomJson } from '@photopeak/dicom';
import { find, type Match, type RequestedAssociation } from '@photopeak/dimse';
import { type Column, textTable } from '../terminal/index.ts';
import { encoderOf, identifierOf, keyName, type QueryKey } from './keys.ts';

export interface QueryOptions {
  readonly model: string;
  readonly keys: readonly QueryKey[];
  /** Stops after so many matches. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Runs a query and reads its matches. */
export async function runQuery(
  association: RequestedAssociation,
  { model, keys, limit, signal }: QueryOptions,
): Promise<Dataset[]> {
  const identifier = encoderOf(identifierOf(keys));
  const matches: Dataset[] = [];
  for await (const match of find(association, { model, identifier, signal })) {
    matches.push(datasetOf(match));
    if (matches.length >= limit) break;
  }
  return matches;
}

const datasetOf = ({ identifier, transferSyntaxUid }: Match): Dataset =>
  parseDataset(identifier, { transferSyntaxUid }).dataset;

/** Matches as QIDO-RS would give them: the DICOM JSON model. */
export function describeJson(matches: readonly Dataset[]): string {
  return JSON.stringify(
    matches.map((match) => toDicomJson(match)),
    null,
    2,
  );
}

/** One row for each match, one column for each key that was asked for. */
export function describeTable(matches: readonly Dataset[], keys: readonly QueryKey[]): string {
  const shown = keys.filter(({ path }) => !HIDDEN.has(path.at(-1)!));
  const columns: Column[] = shown.map((key) => ({ title: keyName(key) }));
  const rows = matches.map((match) => shown.map((key) => shownOf(match, key)));
  const count = `${matches.length} ${matches.length === 1 ? 'match' : 'matches'}`;
  return matches.length === 0 ? count : `${textTable(columns, rows)}\n\n${count}`;
}

/** Query level and character set say nothing of the match. */
const HIDDEN: ReadonlySet<number> = new Set([0x00080052, 0x00080005]);

function shownOf(match: Dataset, { path }: QueryKey): string {
  let at: Dataset | undefined = match;
  for (const tag of path.slice(0, -1)) at = at?.item(tag);
  const tag = path.at(-1)!;
  const items = at?.items(tag) ?? [];
  if (items.length > 0) return `${items.length} item${items.length === 1 ? '' : 's'}`;
  return printable(at?.texts(tag).join('\\') ?? '');
}

/** What a peer sent must not steer the terminal. */
const printable = (text: string) => text.replace(/\p{Cc}/gu, '?');
