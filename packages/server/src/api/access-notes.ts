import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';

/** Pages and viewers ask again and again; who looked at what is written down once in this time. */
const ACCESS_MS = 10 * 60_000;
const MOST_REMEMBERED = 10_000;

/** Notes that someone looked at a study: one audit entry for many requests. */
export function accessNotes(how: string): (db: Database, user: string, study: string) => Promise<void> {
  const noted = new Map<string, number>();
  return async (db, user, study) => {
    const key = `${user} ${study}`;
    if (Date.now() - (noted.get(key) ?? 0) < ACCESS_MS) return;
    if (noted.size > MOST_REMEMBERED) noted.clear();
    noted.set(key, Date.now());
    await db
      .transaction()
      .execute((transaction) =>
        appendAudit(transaction, [
          { kind: 'access', actor: `user:${user}`, subject: `study:${study}`, detail: { how } },
        ]),
      );
  };
}
