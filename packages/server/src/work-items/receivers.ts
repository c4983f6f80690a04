import { sql } from 'kysely';
import type { Database } from '../database/index.ts';

/** Subscribers whose reports this node brings to them (UPS Event, PS3.4 CC.2.4). */
export interface Receivers {
  /** AE titles for which reports wait and whose time has come; nobody else sends to them for `seconds`. */
  claim(seconds: number): Promise<{ readonly aeTitle: string; readonly attempts: number }[]>;
  /** Forgets a report that was taken and goes on with the next. */
  taken(aeTitle: string, report: number, seconds: number): Promise<void>;
  /** All that waited was taken. */
  done(aeTitle: string): Promise<void>;
  /** Could not be reached, or refused: tried again after a pause. `reason` is a code, without patient data. */
  failed(aeTitle: string, reason: string, pauseSeconds: number): Promise<void>;
}

const MOST_AT_ONCE = 16;

export function createReceivers(db: Database): Receivers {
  return {
    async claim(seconds) {
      const { rows } = await sql<{ ae_title: string; attempts: number }>`
        update work_item_receiver set next_attempt_at = now() + make_interval(secs => ${seconds})
        where ae_title in (
          select ae_title from work_item_receiver
          where (next_attempt_at <= now() or next_attempt_at > now() + interval '1 day')
            and exists (select 1 from work_item_event where work_item_event.ae_title = work_item_receiver.ae_title)
          order by next_attempt_at limit ${MOST_AT_ONCE} for update skip locked)
        returning ae_title, attempts`.execute(db);
      return rows.map(({ ae_title, attempts }) => ({ aeTitle: ae_title, attempts }));
    },

    async taken(aeTitle, report, seconds) {
      await sql`
        with gone as (delete from work_item_event where ae_title = ${aeTitle} and id = ${report})
        update work_item_receiver
        set attempts = 0, last_error = null, next_attempt_at = now() + make_interval(secs => ${seconds})
        where ae_title = ${aeTitle}`.execute(db);
    },

    async done(aeTitle) {
      await sql`update work_item_receiver set next_attempt_at = now() where ae_title = ${aeTitle}`.execute(
        db,
      );
    },

    async failed(aeTitle, reason, pauseSeconds) {
      await sql`
        update work_item_receiver set attempts = attempts + 1, last_error = ${reason},
          next_attempt_at = now() + make_interval(secs => ${pauseSeconds})
        where ae_title = ${aeTitle}`.execute(db);
    },
  };
}

/** The way of a subscriber's latest subscription is the way of all its reports. */
export async function chooseChannel(
  transaction: Database,
  aeTitle: string,
  channel: 'websocket' | 'dimse',
): Promise<void> {
  if (channel === 'websocket') {
    await transaction.deleteFrom('work_item_receiver').where('ae_title', '=', aeTitle).execute();
    return;
  }
  await transaction
    .insertInto('work_item_receiver')
    .values({ ae_title: aeTitle })
    .onConflict((conflict) => conflict.column('ae_title').doNothing())
    .execute();
}
