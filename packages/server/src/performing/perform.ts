import { uidFrom } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { sql } from 'kysely';
import type { Database } from '../database/index.ts';
import type { IntakeSink } from '../intake/sink.ts';
import type { Logger } from '../operations/index.ts';
import { outputOf, progressOfRun, references, T, textOf } from '../work-items/index.ts';
import { type TaskManager, taskManager } from './client.ts';
import { fetchInput, inputOf } from './input.ts';
import { cancellationOf, performedOf, progressOf } from './report.ts';

/** A work list of another system whose items this node performs. */
export interface TaskList {
  readonly name: string;
  /** DICOMweb root of the task manager. */
  readonly url: string;
  readonly token?: string | undefined;
  /** Attributes that items must have, as in a search of work items. */
  readonly where: Readonly<Record<string, string>>;
  /** The route whose run answers the item. */
  readonly route: string;
  readonly atOnce: number;
}

export interface PerformingContext {
  readonly db: Database;
  readonly sink: IntakeSink;
  readonly station: string;
  readonly log: Logger;
  now(): Date;
}

const PAUSE_SECONDS = 5;
const LONGEST_PAUSE_SECONDS = 300;

/**
 * One turn on a work list: claims items while there is room, and takes those that were claimed one step further.
 * Each step is written down before the next, and safe to repeat: a node that dies goes on where it was.
 * @returns how many items moved
 */
export async function performTasks(context: PerformingContext, list: TaskList): Promise<number> {
  const { db, log } = context;
  const manager = taskManager(list);
  let moved = await claimNew(context, list, manager).catch((error: unknown) => {
    log.warn({ list: list.name, err: error }, 'a task list does not answer; it is asked again');
    return 0;
  });
  const due = await db
    .selectFrom('performed_task')
    .selectAll()
    .where('list', '=', list.name)
    .where('state', 'in', ['claiming', 'fetching', 'running'])
    .where('next_attempt_at', '<=', sql<Date>`now()`)
    .orderBy('created_at')
    .limit(list.atOnce)
    .execute();
  for (const task of due) {
    try {
      if (await advance(context, list, manager, task)) moved += 1;
    } catch (error) {
      const pause = Math.min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * 2 ** Math.min(task.attempts, 8));
      log.warn({ list: list.name, err: error }, 'a task is tried again later');
      await change(db, task, {
        attempts: task.attempts + 1,
        reason: error instanceof PhotopeakError ? error.code : 'unexpected error',
        next_attempt_at: sql<Date>`now() + make_interval(secs => ${pause})`,
      });
    }
  }
  return moved;
}

async function claimNew({ db }: PerformingContext, list: TaskList, manager: TaskManager): Promise<number> {
  const { open } = await db
    .selectFrom('performed_task')
    .select((eb) => eb.fn.countAll<string>().as('open'))
    .where('list', '=', list.name)
    .where('state', 'in', ['claiming', 'fetching', 'running'])
    .executeTakeFirstOrThrow();
  const room = list.atOnce - Number(open);
  if (room <= 0) return 0;
  const items = await manager.scheduled({ ...list.where, InputReadinessState: 'READY' }, room);
  let taken = 0;
  for (const item of items.slice(0, room)) {
    const uid = textOf(item, T.sopInstance);
    if (uid === '') continue;
    const inserted = await db
      .insertInto('performed_task')
      .values({
        list: list.name,
        uid,
        transaction_uid: uidFrom('performed task', list.name, uid, crypto.randomUUID()),
      })
      .onConflict((conflict) => conflict.columns(['list', 'uid']).doNothing())
      .executeTakeFirst();
    taken += Number(inserted.numInsertedOrUpdatedRows ?? 0n);
  }
  return taken;
}

type Task = Awaited<ReturnType<typeof loadTask>>;

function loadTask(db: Database) {
  return db.selectFrom('performed_task').selectAll().executeTakeFirstOrThrow();
}

async function change(db: Database, task: Task, values: object): Promise<void> {
  await db
    .updateTable('performed_task')
    .set(values)
    .where('list', '=', task.list)
    .where('uid', '=', task.uid)
    .execute();
}

/** @returns whether the task moved on */
async function advance(
  context: PerformingContext,
  list: TaskList,
  manager: TaskManager,
  task: Task,
): Promise<boolean> {
  switch (task.state) {
    case 'claiming':
      return claim(context, manager, task);
    case 'fetching':
      return fetchTask(context, list, manager, task);
    default:
      return follow(context, list, manager, task);
  }
}

async function claim({ db }: PerformingContext, manager: TaskManager, task: Task): Promise<boolean> {
  const isOurs =
    (await manager.changeState(task.uid, 'IN PROGRESS', task.transaction_uid)) ||
    // The answer to an earlier claim may have been lost: only its own performer may update an item.
    (await manager.update(task.uid, progressOf(0, 'claimed'), task.transaction_uid));
  await change(db, task, isOurs ? { state: 'fetching', attempts: 0 } : { state: 'lost' });
  return true;
}

async function fetchTask(
  context: PerformingContext,
  list: TaskList,
  manager: TaskManager,
  task: Task,
): Promise<boolean> {
  const item = await manager.item(task.uid);
  const input = item === undefined ? undefined : inputOf(item);
  const studies = new Set(input?.map((series) => series.study));
  if (input === undefined || studies.size !== 1) {
    return cancel(context, manager, task, 'the item does not name one study as its input');
  }
  const missing = await fetchInput(context, manager, list, input);
  if (missing.length > 0) {
    return cancel(context, manager, task, `${missing.length} series of the input could not be fetched`);
  }
  const [study] = studies;
  await change(context.db, task, { state: 'running', study_instance_uid: study, attempts: 0 });
  return true;
}

/** Follows the run that the route made of the study. */
async function follow(
  context: PerformingContext,
  list: TaskList,
  manager: TaskManager,
  task: Task,
): Promise<boolean> {
  const { db } = context;
  const run = await db
    .selectFrom('run')
    .selectAll()
    .where('study_instance_uid', '=', task.study_instance_uid)
    .where('route', '=', list.route)
    .orderBy('queued_at', 'desc')
    .executeTakeFirst();
  const study = await db
    .selectFrom('study')
    .select('settles_at')
    .where('study_instance_uid', '=', task.study_instance_uid)
    .executeTakeFirst();
  if (study === undefined || study.settles_at !== null) return false;
  if (run === undefined)
    return cancel(context, manager, task, `route ${list.route} does not take this study`);
  if (run.state === 'failed') {
    return cancel(
      context,
      manager,
      task,
      `${run.error?.message ?? 'the run failed'} [${run.error?.code ?? '?'}]`,
    );
  }
  const delivers = run.deliver.some((target) => target.send !== 'originals') && run.phase !== 'research';
  if (run.state === 'delivered' || (run.state === 'packaged' && !delivers)) {
    return complete(context, manager, task, run);
  }
  const { percent, description } = await progressOfRun(db, run);
  if (percent !== task.told) {
    await manager.update(task.uid, progressOf(percent, description), task.transaction_uid);
    await change(db, task, { told: percent, run_id: run.id });
  }
  return false;
}

async function complete(
  context: PerformingContext,
  manager: TaskManager,
  task: Task,
  run: {
    id: string;
    pipeline_title: string;
    queued_at: Date;
    started_at: Date | null;
    ended_at: Date | null;
  },
): Promise<boolean> {
  const { db, station, now } = context;
  const performed = performedOf({
    station,
    title: run.pipeline_title,
    startedAt: run.started_at ?? run.queued_at,
    endedAt: run.ended_at ?? now(),
    output: references(await outputOf(db, run.id), false),
  });
  const isTold =
    (await manager.update(task.uid, performed, task.transaction_uid)) &&
    (await manager.changeState(task.uid, 'COMPLETED', task.transaction_uid));
  // Refused: the answer to an earlier completion was lost, or the item went away. What it says now decides.
  const state = isTold ? 'COMPLETED' : textOf((await manager.item(task.uid)) ?? {}, T.state);
  await change(db, task, { state: state === 'COMPLETED' ? 'completed' : 'lost', run_id: run.id });
  return true;
}

async function cancel(
  { db, now }: PerformingContext,
  manager: TaskManager,
  task: Task,
  reason: string,
): Promise<boolean> {
  await manager.update(task.uid, cancellationOf(reason, now()), task.transaction_uid);
  await manager.changeState(task.uid, 'CANCELED', task.transaction_uid);
  await change(db, task, { state: 'cancelled', reason });
  return true;
}
