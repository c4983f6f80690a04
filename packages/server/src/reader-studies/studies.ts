import { PhotopeakError } from '@photopeak/imaging';
import type { ReaderDisplay, Reading } from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';

export interface ReaderStudyPlan {
  /** Lower-case words with hyphens: it stands in addresses. */
  readonly name: string;
  readonly question: string;
  readonly arms: { readonly a: string; readonly b: string };
  readonly seed: number;
}

interface PicturedCase {
  readonly id: string;
  readonly a: readonly Uint8Array[];
  readonly b: readonly Uint8Array[];
  readonly display: ReaderDisplay;
}

interface Context {
  readonly db: Database;
  readonly archive: Pick<Archive, 'artifacts'>;
  readonly actor: string;
}

const audit = (db: Database, actor: string, name: string, detail: Record<string, unknown>) =>
  appendAudit(db, [{ kind: 'model', actor, subject: `reader-study:${name}`, detail }]);

/**
 * Keeps the pictures and opens the study: all cases or none.
 * @throws PhotopeakError READER_STUDY_EXISTS, READER_STUDY_EMPTY
 */
export async function createReaderStudy(
  { db, archive, actor }: Context,
  { name, question, arms, seed }: ReaderStudyPlan,
  cases: AsyncIterable<PicturedCase>,
): Promise<{ readonly cases: number }> {
  const known = await db
    .selectFrom('reader_study')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst();
  if (known !== undefined) {
    throw new PhotopeakError('there is a reader study of this name', {
      code: 'READER_STUDY_EXISTS',
      found: name,
      remedy: 'take another name: what was read stays as it was',
    });
  }
  const rows: { study: string; number: number; source: string; pictures: string }[] = [];
  for await (const { id, a, b, display } of cases) {
    const keep = async (pictures: readonly Uint8Array[]) => {
      const hashes: string[] = [];
      for (const png of pictures) hashes.push(await archive.artifacts.put(png));
      return hashes;
    };
    const pictures = JSON.stringify({ a: await keep(a), b: await keep(b), display });
    rows.push({ study: name, number: rows.length + 1, source: id, pictures });
  }
  if (rows.length === 0) {
    throw new PhotopeakError('the reader study has no cases', { code: 'READER_STUDY_EMPTY', found: name });
  }
  await db.transaction().execute(async (transaction) => {
    const values = { name, question, arm_a: arms.a, arm_b: arms.b, seed, created_by: actor };
    await transaction.insertInto('reader_study').values(values).execute();
    await transaction.insertInto('reader_study_case').values(rows).execute();
    await audit(transaction, actor, name, { what: 'reader study opened', arms, seed, cases: rows.length });
  });
  return { cases: rows.length };
}

/** @throws PhotopeakError READER_STUDY_UNKNOWN */
export async function requireReaderStudy(db: Database, name: string) {
  const study = await db.selectFrom('reader_study').selectAll().where('name', '=', name).executeTakeFirst();
  if (study !== undefined) return study;
  throw new PhotopeakError('there is no such reader study', {
    code: 'READER_STUDY_UNKNOWN',
    found: name,
    remedy: 'photopeak reader-study list shows those that there are',
  });
}

export interface ListedReaderStudy {
  readonly name: string;
  readonly question: string;
  readonly cases: number;
  /** Of this reader. */
  readonly read: number;
  readonly isClosed: boolean;
}

/** All studies, the newest first, with how far a reader is. Which arms there are is not told. */
export async function listReaderStudies(db: Database, reader: string): Promise<ListedReaderStudy[]> {
  const studies = await db.selectFrom('reader_study').selectAll().orderBy('created_at', 'desc').execute();
  const listed: ListedReaderStudy[] = [];
  for (const { name, question, closed_at: closed } of studies) {
    const count = (table: 'reader_study_case' | 'reader_rating') =>
      db
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('study', '=', name)
        .$if(table === 'reader_rating', (query) => query.where('reader' as never, '=', reader as never))
        .executeTakeFirstOrThrow();
    const [cases, read] = [await count('reader_study_case'), await count('reader_rating')];
    listed.push({
      name,
      question,
      cases: Number(cases.count),
      read: Number(read.count),
      isClosed: closed !== null,
    });
  }
  return listed;
}

/** Nobody reads on; only then is it analysed. */
export async function closeReaderStudy({ db, actor }: Omit<Context, 'archive'>, name: string): Promise<void> {
  const study = await requireReaderStudy(db, name);
  if (study.closed_at !== null) return;
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('reader_study')
      .set({ closed_at: new Date() })
      .where('name', '=', name)
      .execute();
    await audit(transaction, actor, name, { what: 'reader study closed' });
  });
}

/** Readings with their sides resolved, and how many cases there are. */
export async function readingsOf(
  db: Database,
  name: string,
): Promise<{ readonly cases: number; readonly readings: Reading[] }> {
  const rows = await db
    .selectFrom('reader_rating')
    .selectAll()
    .where('study', '=', name)
    .orderBy('reader')
    .orderBy('number')
    .execute();
  const { count } = await db
    .selectFrom('reader_study_case')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('study', '=', name)
    .executeTakeFirstOrThrow();
  return {
    cases: Number(count),
    readings: rows.map((row) => ({
      reader: row.reader,
      case: row.number,
      a: row.grade_a,
      b: row.grade_b,
      preference: row.preference,
    })),
  };
}
