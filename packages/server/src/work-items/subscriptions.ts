import { sql } from 'kysely';
import type { Database } from '../database/index.ts';
import { ALL_ITEMS, FILTERED_ITEMS, workItemError } from './model.ts';
import { chooseChannel } from './receivers.ts';
import { stateReport, tell } from './reports.ts';
import { matching, type WorkItemFilter } from './search.ts';

/** Subscribing to work items, PS3.4 CC.2.3 and PS3.18 §11.10 to §11.12. */
export interface Subscriptions {
  /**
   * `target` is an item, or one of the well-known UIDs for all items, or for those that match `filter`.
   * @returns false where there is no such item
   */
  subscribe(
    aeTitle: string,
    target: string,
    options: {
      readonly deletionLock: boolean;
      readonly filter: WorkItemFilter | undefined;
      /** Where the subscriber hears all its reports from now on: its WebSocket, or N-EVENT-REPORT. */
      readonly channel: 'websocket' | 'dimse';
    },
  ): Promise<boolean>;
  unsubscribe(aeTitle: string, target: string): Promise<boolean>;
  /** No more new items; those subscribed to go on. False where there is no such global subscription. */
  suspend(aeTitle: string): Promise<boolean>;
  /** The next reports for a subscriber, oldest first. */
  waiting(aeTitle: string, limit: number): Promise<{ readonly id: number; readonly report: unknown }[]>;
  sent(aeTitle: string, upTo: number): Promise<void>;
  /** Reports that nobody fetched in time; unlimited lists of them would fill the disk. */
  forget(): Promise<void>;
}

const GLOBAL = '';
const KEPT_DAYS = 7;
const MOST_SUBSCRIPTIONS = 200_000;

export function createSubscriptions(db: Database, changed: () => void): Subscriptions {
  return {
    async subscribe(aeTitle, target, { deletionLock, filter, channel }) {
      const isGlobal = target === ALL_ITEMS || target === FILTERED_ITEMS;
      const done = await db.transaction().execute(async (transaction) => {
        if (isGlobal) {
          await chooseChannel(transaction, aeTitle, channel);
          await put(transaction, aeTitle, GLOBAL, deletionLock, filter);
          await sql`
            insert into work_item_subscription (ae_title, uid, deletion_lock)
            select ${aeTitle}, work_item.uid, ${deletionLock} from work_item
            where state in ('SCHEDULED', 'IN PROGRESS') and ${matching(filter ?? {})}
            order by created_at limit ${MOST_SUBSCRIPTIONS}
            on conflict (ae_title, uid) do update set deletion_lock = excluded.deletion_lock`.execute(
            transaction,
          );
          return true;
        }
        const item = await transaction
          .selectFrom('work_item')
          .select(['state', 'attributes'])
          .where('uid', '=', target)
          .executeTakeFirst();
        if (item === undefined) return false;
        await chooseChannel(transaction, aeTitle, channel);
        await put(transaction, aeTitle, target, deletionLock, undefined);
        // The subscriber learns the state from which it goes on.
        await tell(transaction, stateReport(target, item.state, item.attributes), aeTitle);
        return true;
      });
      changed();
      return done;
    },

    async unsubscribe(aeTitle, target) {
      const isGlobal = target === ALL_ITEMS || target === FILTERED_ITEMS;
      const removed = await db
        .deleteFrom('work_item_subscription')
        .where('ae_title', '=', aeTitle)
        .$if(!isGlobal, (query) => query.where('uid', '=', target))
        .executeTakeFirst();
      return removed.numDeletedRows > 0n;
    },

    async suspend(aeTitle) {
      const removed = await db
        .deleteFrom('work_item_subscription')
        .where('ae_title', '=', aeTitle)
        .where('uid', '=', GLOBAL)
        .executeTakeFirst();
      return removed.numDeletedRows > 0n;
    },

    waiting: (aeTitle, limit) =>
      db
        .selectFrom('work_item_event')
        .select(['id', 'report'])
        .where('ae_title', '=', aeTitle)
        .orderBy('id')
        .limit(limit)
        .execute(),

    async sent(aeTitle, upTo) {
      await db
        .deleteFrom('work_item_event')
        .where('ae_title', '=', aeTitle)
        .where('id', '<=', upTo)
        .execute();
    },

    async forget() {
      await sql`delete from work_item_event where created_at < now() - make_interval(days => ${KEPT_DAYS})`.execute(
        db,
      );
    },
  };
}

async function put(
  transaction: Database,
  aeTitle: string,
  uid: string,
  deletionLock: boolean,
  filter: WorkItemFilter | undefined,
): Promise<void> {
  await transaction
    .insertInto('work_item_subscription')
    .values({
      ae_title: aeTitle,
      uid,
      deletion_lock: deletionLock,
      filter: filter === undefined ? null : JSON.stringify(filter),
    })
    .onConflict((conflict) =>
      conflict.columns(['ae_title', 'uid']).doUpdateSet((eb) => ({
        deletion_lock: eb.ref('excluded.deletion_lock'),
        filter: eb.ref('excluded.filter'),
      })),
    )
    .execute();
}

/** A new item is followed by everyone whose global subscription fits it. */
export async function subscribeToNew(transaction: Database, uid: string): Promise<void> {
  const globals = await transaction
    .selectFrom('work_item_subscription')
    .select(['ae_title', 'deletion_lock', 'filter'])
    .where('uid', '=', GLOBAL)
    .execute();
  for (const { ae_title, deletion_lock, filter } of globals) {
    if (filter !== null) {
      const { rows } = await sql`select 1 from work_item where uid = ${uid} and ${matching(filter)}`.execute(
        transaction,
      );
      if (rows.length === 0) continue;
    }
    await put(transaction, ae_title, uid, deletion_lock, undefined);
  }
}

/** PS3.5 §6.2: 1 to 16 characters, no backslash, no control characters. */
export function requireAeTitle(text: string): string {
  const trimmed = text.trim();
  if (/^[^\\\p{Cc}]{1,16}$/u.test(trimmed)) return trimmed;
  throw workItemError('WORK_ITEM_INPUT', trimmed, 'an AE title of 1 to 16 characters');
}
