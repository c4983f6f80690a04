import { PhotopeakError } from '@photopeak/imaging';
import { type ReaderDisplay, type ReaderItem, readerOrder } from '@photopeak/pipelines';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { requireReaderStudy } from './studies.ts';

export type Side = 'left' | 'right';

/** What a reader is shown next: never which arm, nor of which patient. */
export interface NextReading {
  /** 1 … total, the place in the reader's own order. */
  readonly place: number;
  readonly total: number;
  readonly planes: number;
  readonly display: ReaderDisplay;
}

/** Of pictures that are only grey. */
const GREY: ReaderDisplay = { range: [0, 255], window: [0, 255], unit: '1' };

const otherArm = { a: 'b', b: 'a' } as const;

async function ordered(db: Database, study: string, reader: string): Promise<ReaderItem[]> {
  const { seed } = await requireReaderStudy(db, study);
  const { count } = await db
    .selectFrom('reader_study_case')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('study', '=', study)
    .executeTakeFirstOrThrow();
  return readerOrder(Number(count), seed, reader);
}

/** The first case in the reader's order that he or she has not read; null after the last. */
export async function nextReading(db: Database, study: string, reader: string): Promise<NextReading | null> {
  const order = await ordered(db, study, reader);
  const done = await db
    .selectFrom('reader_rating')
    .select('number')
    .where('study', '=', study)
    .where('reader', '=', reader)
    .execute();
  const read = new Set(done.map(({ number }) => number));
  const index = order.findIndex((one) => !read.has(one.case));
  const item = order[index];
  if (item === undefined) return null;
  const { pictures } = await caseOf(db, study, item.case);
  const planes = Math.min(pictures.a.length, pictures.b.length);
  return { place: index + 1, total: order.length, planes, display: pictures.display ?? GREY };
}

const caseOf = (db: Database, study: string, number: number) =>
  db
    .selectFrom('reader_study_case')
    .selectAll()
    .where('study', '=', study)
    .where('number', '=', number)
    .executeTakeFirstOrThrow();

const placeUnknown = (place: number) =>
  new PhotopeakError('there is no such case', { code: 'READER_STUDY_UNKNOWN', found: String(place) });

async function itemAt(db: Database, study: string, reader: string, place: number): Promise<ReaderItem> {
  const item = (await ordered(db, study, reader))[place - 1];
  if (item === undefined) throw placeUnknown(place);
  return item;
}

/** SHA-256 of a plane on a side, for this reader. @throws PhotopeakError READER_STUDY_UNKNOWN */
export async function pictureFor(
  db: Database,
  study: string,
  reader: string,
  { place, side, plane }: { readonly place: number; readonly side: Side; readonly plane: number },
): Promise<string> {
  const item = await itemAt(db, study, reader, place);
  const { pictures } = await caseOf(db, study, item.case);
  const found = pictures[side === 'left' ? item.left : otherArm[item.left]][plane];
  if (found === undefined) throw placeUnknown(place);
  return found;
}

export interface Rating {
  /** 1 unusable … 5 excellent. */
  readonly left: number;
  readonly right: number;
  readonly preference: Side | 'none';
}

/**
 * Keeps a reading, once and for all.
 * @throws PhotopeakError READER_STUDY_UNKNOWN, READER_STUDY_CLOSED, READER_STUDY_RATED
 */
export async function rate(
  db: Database,
  study: string,
  reader: string,
  place: number,
  { left, right, preference }: Rating,
): Promise<void> {
  const { closed_at: closed } = await requireReaderStudy(db, study);
  if (closed !== null) {
    throw new PhotopeakError('the reader study is closed', { code: 'READER_STUDY_CLOSED', found: study });
  }
  const item = await itemAt(db, study, reader, place);
  const arm = { left: item.left, right: otherArm[item.left], none: 'none' } as const;
  await db.transaction().execute(async (transaction) => {
    const { numInsertedOrUpdatedRows: kept } = await transaction
      .insertInto('reader_rating')
      .values({
        study,
        number: item.case,
        reader,
        left_arm: item.left,
        grade_a: item.left === 'a' ? left : right,
        grade_b: item.left === 'a' ? right : left,
        preference: arm[preference],
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    if (kept === 0n) {
      throw new PhotopeakError('this case is rated already', {
        code: 'READER_STUDY_RATED',
        found: `case ${place}`,
        remedy: 'ratings are not changed; go on with the next case',
      });
    }
    await appendAudit(transaction, [
      {
        kind: 'model',
        actor: `user:${reader}`,
        subject: `reader-study:${study}`,
        detail: { what: 'case rated', case: item.case },
      },
    ]);
  });
}
