import { PhotopeakError } from '@photopeak/imaging';
import { sql } from 'kysely';
import { type Archive, describeInstance, type RepairsUnderWay } from '../../archive/index.ts';
import type { Configuration, ImageArchive } from '../../config/index.ts';
import type { ArchiveProblemTable, Database } from '../../database/index.ts';
import { appendAudit } from '../../governance/index.ts';
import { IntakeRefusal, type IntakeSink } from '../../intake/sink.ts';
import { openArchiveOf } from '../../priors/index.ts';
import { hashFile } from './hash-file.ts';
import { holdersOf } from './holders.ts';
import { endProblem } from './problems.ts';
import { restoreFrom } from './restore.ts';
import { setAside } from './verify.ts';

export interface RepairContext {
  readonly db: Database;
  readonly archive: Archive;
  readonly configuration: Configuration;
  readonly sink: IntakeSink;
  /** Shared with the sink: copies that come, by whatever way, are told by it. */
  readonly repairs: RepairsUnderWay;
  /** False where no C-MOVE can reach this process: it has no listener. */
  readonly mayMove: boolean;
}

export type RepairOutcome =
  /** The recorded bytes are there again. */
  | { readonly state: 'repaired'; readonly from?: string }
  /** Nobody has the recorded bytes: a copy was taken as a new arrival, the damaged file is below `damaged/`. */
  | { readonly state: 'replaced'; readonly from: string; readonly differing: readonly string[] }
  | { readonly state: 'open'; readonly asked: readonly string[]; readonly reason: string };

type Problem = Pick<
  { [K in keyof ArchiveProblemTable]: string | null },
  'sha256' | 'code' | 'sop_instance_uid' | 'series_instance_uid' | 'study_instance_uid'
> & { readonly sha256: string; readonly code: string; readonly source: unknown };

/** Copies of these can be asked for; where the index disagrees with a whole file, a person decides. */
const REPAIRABLE = ['ARCHIVE_DAMAGED', 'ARCHIVE_UNREADABLE', 'ARCHIVE_MISSING'];
const FETCH_MS = 10 * 60_000;
const FIRST_PAUSE_SECONDS = 60;
const LONGEST_PAUSE_SECONDS = 86_400;

/** Tries the next problem that is due. @returns 1 when there was one. */
export async function repairNext(
  context: RepairContext,
  signal: AbortSignal,
  onOutcome: (problem: Problem, outcome: RepairOutcome) => void,
): Promise<number> {
  const { rows } = await sql<Problem>`
    update archive_problem set attempts = attempts + 1,
      next_attempt_at = now() + make_interval(secs =>
        least(${LONGEST_PAUSE_SECONDS}::float8, ${FIRST_PAUSE_SECONDS} * power(2, least(attempts, 20))))
    where sha256 = (select sha256 from archive_problem
      where state = 'open' and store = 'archive' and sop_instance_uid is not null
        and code = any(${REPAIRABLE}::text[]) and next_attempt_at <= now()
      order by next_attempt_at limit 1 for update skip locked)
    returning *`.execute(context.db);
  const [problem] = rows;
  if (problem === undefined) return 0;
  onOutcome(problem, await repairProblem(context, problem, signal));
  return 1;
}

/**
 * Fetches one damaged or lost file again from those who should have it. First each is asked for the recorded bytes;
 * only when nobody has them, a differing copy is taken, as a new arrival beside the damaged file that is kept.
 */
export async function repairProblem(
  context: RepairContext,
  problem: Problem,
  signal: AbortSignal,
): Promise<RepairOutcome> {
  const { db } = context;
  const { sha256, sop_instance_uid: sop } = problem;
  if (sop === null) return { state: 'open', asked: [], reason: 'the index does not know this file' };
  const row = await instanceOf(db, sop);
  if (row !== undefined && (row.sha256 !== sha256 || (await isWhole(context.archive, sha256)))) {
    await endProblem(db, sha256, 'repaired');
    return { state: 'repaired' };
  }
  const holders = await whoHas(context, problem);
  let differing: ImageArchive | undefined;
  const reasons: string[] = [];
  for (const holder of holders) {
    const { came, reason } = await fetchFrom(context, holder, problem, 'recorded', signal);
    if (came?.state === 'repaired') return came;
    if (came?.state === 'differs') differing ??= holder;
    reasons.push(`${holder.name}: ${reason}`);
  }
  if (differing !== undefined) {
    const { came, reason } = await fetchFrom(context, differing, problem, 'any', signal);
    if (came?.state === 'replaced' && (await instanceOf(db, sop)) !== undefined) {
      await endProblem(db, sha256, 'replaced');
      return { state: 'replaced', from: differing.name, differing: came.differing };
    }
    reasons.push(`${differing.name}: ${reason}`);
  }
  const reason =
    holders.length === 0 ? 'nobody in the configuration is known to have it' : reasons.join('; ');
  await db
    .updateTable('archive_problem')
    .set({ last_error: reason.slice(0, 1000) })
    .where('sha256', '=', sha256)
    .execute();
  return { state: 'open', asked: holders.map(({ name }) => name), reason };
}

const instanceOf = (db: Database, sopInstanceUid: string) =>
  db.selectFrom('instance').selectAll().where('sop_instance_uid', '=', sopInstanceUid).executeTakeFirst();

async function isWhole(archive: Archive, sha256: string): Promise<boolean> {
  const found = await hashFile(archive.instances.pathOf(sha256)).catch(() => undefined);
  return found?.sha256 === sha256;
}

async function whoHas(context: RepairContext, problem: Problem): Promise<ImageArchive[]> {
  const { db, configuration, mayMove } = context;
  const acknowledged = await db
    .selectFrom('outbox')
    .select('destination')
    .where('sop_instance_uid', '=', problem.sop_instance_uid)
    .where('state', '=', 'acknowledged')
    .execute();
  const fetched = await db
    .selectFrom('prior')
    .select('archive')
    .where('study_instance_uid', '=', problem.study_instance_uid)
    .where('state', '=', 'here')
    .execute();
  const { callingAeTitle } = (problem.source ?? {}) as { readonly callingAeTitle?: string };
  return holdersOf(configuration, {
    callingAeTitle,
    acknowledgedBy: acknowledged.map(({ destination }) => destination),
    fetchedFrom: fetched.map(({ archive }) => archive),
  }).filter((holder) => mayMove || holder.kind !== 'dimse' || holder.retrieve !== 'move');
}

type Came =
  | { readonly state: 'repaired'; readonly from: string }
  | { readonly state: 'differs' }
  | { readonly state: 'replaced'; readonly differing: readonly string[] };

async function fetchFrom(
  context: RepairContext,
  holder: ImageArchive,
  problem: Problem,
  wanted: 'recorded' | 'any',
  signal: AbortSignal,
): Promise<{ readonly came: Came | undefined; readonly reason: string }> {
  const { db, archive, configuration, sink, repairs } = context;
  const sop = problem.sop_instance_uid!;
  const [study, series] = [problem.study_instance_uid!, problem.series_instance_uid!];
  const row = await instanceOf(db, sop);
  const source = (problem.source ?? {}) as { readonly callingAeTitle?: string };
  let came: Came | undefined;
  repairs.set(sop, async (file, header) => {
    const isThis = header.study.study_instance_uid === study && header.series.series_instance_uid === series;
    if (!isThis) throw new IntakeRefusal('mismatch', 'the copy belongs to another study or series');
    if (row !== undefined) {
      const recorded = {
        sha256: row.sha256,
        byteLength: Number(row.byte_length),
        sopClassUid: row.sop_class_uid,
        sopInstanceUid: sop,
        transferSyntaxUid: row.transfer_syntax_uid,
        callingAeTitle: source.callingAeTitle,
      };
      if (await restoreFrom(archive, recorded, file)) {
        await audit(db, 'archive-repaired', problem, { from: holder.name });
        await endProblem(db, problem.sha256, 'repaired');
        came = { state: 'repaired', from: holder.name };
        return true;
      }
      if (wanted === 'recorded') {
        came = { state: 'differs' };
        throw new IntakeRefusal('failed', 'the copy is not the one that was recorded', {
          remedy: 'send it again later',
        });
      }
    }
    const differing = await differences(db, problem.sha256, file);
    if (row !== undefined) await setAside(db, archive, asFound(problem));
    await audit(db, 'archive-replaced', problem, { from: holder.name, differing });
    came = { state: 'replaced', differing };
    // Stored as what it is: something that arrives now.
    return false;
  });
  try {
    const open = openArchiveOf(holder, { aeTitle: configuration.dicom.aeTitle, sink });
    await open.fetchInstance(
      {
        studyInstanceUid: study,
        seriesInstanceUid: series,
        sopInstanceUid: sop,
        sopClassUid: row?.sop_class_uid ?? '',
      },
      AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]),
    );
    return { came, reason: came === undefined ? 'it did not come' : 'it has another copy' };
  } catch (error) {
    if (came?.state === 'differs') return { came, reason: 'it has another copy' };
    return { came, reason: error instanceof PhotopeakError ? error.describe() : String(error) };
  } finally {
    repairs.delete(sop);
  }
}

const asFound = (problem: Problem) => ({
  sha256: problem.sha256,
  code: problem.code as 'ARCHIVE_DAMAGED',
  instance: {
    sopInstanceUid: problem.sop_instance_uid!,
    seriesInstanceUid: problem.series_instance_uid!,
    studyInstanceUid: problem.study_instance_uid!,
    origin: '',
  },
});

const MOST_DIFFERENCES = 100;

/**
 * Tags in which a copy differs from what was prepared of the original before it was damaged; values are left out.
 * Empty where both headers agree: then pixel data or file meta information differ, or that cannot be told any more.
 */
async function differences(db: Database, sha256: string, copy: string): Promise<string[]> {
  const kept = await db
    .selectFrom('instance_metadata')
    .select('json')
    .where('sha256', '=', sha256)
    .executeTakeFirst();
  if (kept === undefined) return [];
  const before = JSON.parse(kept.json) as Readonly<Record<string, unknown>>;
  const after = JSON.parse(describeInstance(copy).json) as Readonly<Record<string, unknown>>;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((tag) => JSON.stringify(before[tag]) !== JSON.stringify(after[tag]))
    .sort()
    .slice(0, MOST_DIFFERENCES);
}

function audit(
  db: Database,
  kind: 'archive-repaired' | 'archive-replaced',
  problem: Problem,
  more: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { sha256, code, sop_instance_uid: instance, study_instance_uid: study } = problem;
  return db
    .transaction()
    .execute((transaction) =>
      appendAudit(transaction, [
        { kind, actor: 'node', subject: `study:${study}`, detail: { code, sha256, instance, ...more } },
      ]),
    );
}
