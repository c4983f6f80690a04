import type { DicomJson } from '@photopeak/dicom';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { requireUid, T, textOf, type WorkItem, type WorkItemState, workItemError } from './model.ts';
import { assignedReport, cancelReport, progressReport, stateReport, tell } from './reports.ts';
import {
  cancelledBeforeStart,
  prepareFinal,
  prepareNew,
  prepareUpdate,
  readStateChange,
  sorted,
} from './rules.ts';
import { matching, type WorkItemFilter } from './search.ts';
import { subscribeToNew } from './subscriptions.ts';

/** What a request to the work list came to, besides the item itself. */
export interface WorkItemAnswer {
  readonly uid: string;
  /** The request succeeded, but: it was completed, or there was nothing left to do. */
  readonly warning?: 'created-with-changes' | 'already-canceled' | 'already-completed';
}

const ALREADY = { CANCELED: 'already-canceled', COMPLETED: 'already-completed' } as const;

/**
 * The work list of this node: unified procedure steps as PS3.4 annex CC has them. Every change is one transaction
 * with its reports and its audit entry.
 */
export interface WorkItems {
  create(
    given: DicomJson,
    uid: string | undefined,
    by: string,
    newUid: () => string,
  ): Promise<WorkItemAnswer>;
  /** Undefined where there is none. */
  find(uid: string): Promise<WorkItem | undefined>;
  update(
    uid: string,
    given: DicomJson,
    transactionUid: string | undefined,
    by: string,
  ): Promise<WorkItemAnswer>;
  changeState(uid: string, given: DicomJson, by: string): Promise<WorkItemAnswer>;
  /** `cancelRun` is asked for items that show a run of this node; true if the run ends by it. */
  requestCancel(
    uid: string,
    given: DicomJson,
    by: string,
    cancelRun: (runId: string, reason: string) => Promise<boolean>,
  ): Promise<WorkItemAnswer>;
  search(
    filter: WorkItemFilter,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<{ readonly items: WorkItem[]; readonly more: boolean }>;
}

interface Row {
  readonly uid: string;
  readonly state: WorkItemState;
  readonly transaction_uid: string | null;
  readonly attributes: DicomJson;
  readonly run_id: string | null;
}

export function createWorkItems(db: Database, now: () => Date, changed: () => void): WorkItems {
  const inTransaction = async <Out>(work: (transaction: Database) => Promise<Out>): Promise<Out> => {
    const out = await db.transaction().execute(work);
    changed();
    return out;
  };

  return {
    create: (given, asked, by, newUid) =>
      inTransaction(async (transaction) => {
        const uid = requireUid((asked ?? textOf(given, T.sopInstance)) || newUid(), 'SOP Instance UID');
        const { attributes, coerced } = prepareNew(given, uid, now());
        const inserted = await transaction
          .insertInto('work_item')
          .values({
            uid,
            state: 'SCHEDULED',
            transaction_uid: null,
            attributes: JSON.stringify(attributes),
            run_id: null,
            run_mark: null,
            created_by: by,
          })
          .onConflict((conflict) => conflict.column('uid').doNothing())
          .executeTakeFirst();
        if (inserted.numInsertedOrUpdatedRows !== 1n) throw workItemError('WORK_ITEM_EXISTS', uid);
        await subscribeToNew(transaction, uid);
        await tell(transaction, stateReport(uid, 'SCHEDULED', attributes));
        await note(transaction, by, uid, { change: 'created' });
        return coerced ? { uid, warning: 'created-with-changes' } : { uid };
      }),

    async find(uid) {
      const row = await db.selectFrom('work_item').selectAll().where('uid', '=', uid).executeTakeFirst();
      return row === undefined ? undefined : toItem(row as Row);
    },

    update: (uid, given, transactionUid, by) =>
      inTransaction(async (transaction) => {
        const row = await lock(transaction, uid);
        if (isFinal(row.state)) throw workItemError('WORK_ITEM_FINAL', row.state);
        if (row.run_id !== null) throw workItemError('WORK_ITEM_OWN');
        const sent = transactionUid ?? (textOf(given, T.transaction) || undefined);
        if (row.state === 'IN PROGRESS') requireTransaction(row, sent);
        else if (sent !== undefined)
          throw workItemError('WORK_ITEM_TRANSACTION', sent, 'none while SCHEDULED');
        const attributes = prepareUpdate(row.attributes, given, now());
        await write(transaction, uid, { attributes });
        if (given[T.progress] !== undefined) await tell(transaction, progressReport(uid, attributes));
        if (given[T.readiness] !== undefined)
          await tell(transaction, stateReport(uid, row.state, attributes));
        if (given[T.stations] !== undefined) await tell(transaction, assignedReport(uid, attributes));
        await note(transaction, by, uid, {
          change: 'updated',
          attributes: Object.keys(given).sort().slice(0, 64),
        });
        return { uid };
      }),

    changeState: (uid, given, by) =>
      inTransaction(async (transaction) => {
        const { state, transactionUid } = readStateChange(given);
        const row = await lock(transaction, uid);
        if (row.run_id !== null) throw workItemError('WORK_ITEM_OWN');
        if (state === 'IN PROGRESS') {
          if (row.state !== 'SCHEDULED') throw workItemError('WORK_ITEM_STATE', row.state, 'SCHEDULED');
          await write(transaction, uid, { state, transactionUid });
          await tell(transaction, stateReport(uid, state, row.attributes));
          await note(transaction, by, uid, { change: 'claimed' });
          return { uid };
        }
        if (row.state === 'SCHEDULED') throw workItemError('WORK_ITEM_STATE', row.state, 'IN PROGRESS');
        requireTransaction(row, transactionUid);
        if (row.state === state) return { uid, warning: ALREADY[state] };
        if (isFinal(row.state)) throw workItemError('WORK_ITEM_STATE', row.state, 'IN PROGRESS');
        const attributes = prepareFinal(row.attributes, state, now());
        await write(transaction, uid, { state, attributes });
        await tell(transaction, stateReport(uid, state, attributes));
        await note(transaction, by, uid, { change: state === 'COMPLETED' ? 'completed' : 'cancelled' });
        return { uid };
      }),

    requestCancel: async (uid, given, by, cancelRun) => {
      const found = await db
        .selectFrom('work_item')
        .select(['state', 'run_id'])
        .where('uid', '=', uid)
        .executeTakeFirst();
      const isOwn = found !== undefined && found.run_id !== null && !isFinal(found.state);
      // The item of a run that ends by this is written when the run's new state is shown.
      const cancelled = isOwn && (await cancelRun(found.run_id!, textOf(given, T.reason).slice(0, 1024)));
      return inTransaction(async (transaction) => {
        const row = await lock(transaction, uid);
        if (row.state === 'CANCELED' && !cancelled) return { uid, warning: ALREADY.CANCELED };
        if (row.state === 'COMPLETED')
          throw workItemError('WORK_ITEM_STATE', row.state, 'SCHEDULED or IN PROGRESS');
        await note(transaction, by, uid, { change: 'cancellation requested' });
        if (row.state === 'SCHEDULED' && row.run_id === null) {
          // PS3.4 CC.2.2.2.1: through IN PROGRESS, so that whoever listens sees a regular course of events.
          const attributes = cancelledBeforeStart(
            row.attributes,
            textOf(given, T.reason).slice(0, 1024),
            now(),
          );
          await tell(transaction, stateReport(uid, 'IN PROGRESS', row.attributes));
          await write(transaction, uid, { state: 'CANCELED', attributes });
          await tell(transaction, stateReport(uid, 'CANCELED', attributes));
        } else {
          await tell(transaction, cancelReport(uid, given, by));
        }
        return { uid };
      });
    },

    async search(filter, { limit, offset }) {
      const { rows } = await sql<Row>`
        select uid, state, transaction_uid, attributes, run_id from work_item
        where ${matching(filter)} order by created_at desc, uid limit ${limit + 1} offset ${offset}`.execute(
        db,
      );
      return { items: rows.slice(0, limit).map(toItem), more: rows.length > limit };
    },
  };
}

function toItem(row: Row): WorkItem {
  const attributes = sorted({ ...row.attributes, [T.state]: { vr: 'CS', Value: [row.state] } });
  return { uid: row.uid, state: row.state, attributes, runId: row.run_id };
}

export function isFinal(state: WorkItemState): boolean {
  return state === 'COMPLETED' || state === 'CANCELED';
}

async function lock(transaction: Database, uid: string): Promise<Row> {
  const row = await transaction
    .selectFrom('work_item')
    .selectAll()
    .where('uid', '=', uid)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw absent(uid);
  return row as Row;
}

function absent(uid: string): Error {
  return Object.assign(workItemError('WORK_ITEM_INPUT', uid), { code: 'HTTP_NOT_FOUND' });
}

function requireTransaction(row: Row, sent: string | undefined): void {
  if (sent === undefined || sent !== row.transaction_uid) {
    throw workItemError('WORK_ITEM_TRANSACTION', sent === undefined ? 'none' : 'another one');
  }
}

/** Used for the items of runs too. */
export async function write(
  transaction: Database,
  uid: string,
  change: {
    readonly state?: WorkItemState;
    readonly transactionUid?: string;
    readonly attributes?: DicomJson;
    readonly runMark?: string;
  },
): Promise<void> {
  await transaction
    .updateTable('work_item')
    .set({
      changed_at: sql<Date>`now()` as RawBuilder<Date>,
      ...(change.state === undefined ? {} : { state: change.state }),
      ...(change.transactionUid === undefined ? {} : { transaction_uid: change.transactionUid }),
      ...(change.attributes === undefined ? {} : { attributes: JSON.stringify(change.attributes) }),
      ...(change.runMark === undefined ? {} : { run_mark: change.runMark }),
    })
    .where('uid', '=', uid)
    .execute();
}

async function note(
  transaction: Database,
  by: string,
  uid: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(transaction, [{ kind: 'work-item', actor: by, subject: `work-item:${uid}`, detail }]);
}
