import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../database/index.ts';
import { openLockSession } from './lock-session.ts';

/** First key of the session locks that executors hold; the second is `executor.lock_key`. */
const EXECUTOR_LOCKS = 1_886_351_216;
const RENEW_MS = 500;

/**
 * A process that may hold work. It is alive as long as its session in PostgreSQL holds a lock: when the process is
 * killed the kernel closes its connection and the lock is gone at once, and a process that computes for minutes
 * without reaching its event loop is still alive. No clock is compared between machines.
 */
export interface Executor {
  readonly id: string;
  /** Resolves when the session breaks: others now take over our work, so we must stop. */
  readonly lost: Promise<void>;
  release(): Promise<void>;
}

export async function holdExecutor(url: string, kind: 'worker' | 'server'): Promise<Executor> {
  const { client, lost } = await openLockSession(url);
  const id = `${kind}-${randomUUID()}`;
  const lockKey = randomInt(1, 2 ** 31 - 1);
  await client.query('select pg_advisory_lock($1, $2)', [EXECUTOR_LOCKS, lockKey]);
  await client.query('insert into executor (id, lock_key, kind) values ($1, $2, $3)', [id, lockKey, kind]);
  return {
    id,
    lost,
    async release() {
      await client.query('delete from executor where id = $1', [id]).catch(() => undefined);
      await client.end().catch(() => undefined);
    },
  };
}

/** An executor that outlives its session: when the session breaks, the next one holds a new lock under a new id. */
export interface KeptExecutor {
  readonly id: string;
  release(): Promise<void>;
}

/**
 * For a process that need not end when the database was away. What it held under its old id is taken over by
 * whoever reaps first, itself included.
 */
export async function keepExecutor(
  url: string,
  kind: 'worker' | 'server',
  log: { warn(details: object, text: string): void },
): Promise<KeptExecutor> {
  const stopping = new AbortController();
  let executor = await holdExecutor(url, kind);
  const renewing = (async () => {
    const stopped = new Promise<void>((resolve) => {
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    for (;;) {
      await Promise.race([executor.lost, stopped]);
      while (!stopping.signal.aborted) {
        try {
          executor = await holdExecutor(url, kind);
          log.warn(
            { executor: executor.id },
            'the connection that shows that this process lives was made anew',
          );
          break;
        } catch {
          await pause(RENEW_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
        }
      }
      if (stopping.signal.aborted) return;
    }
  })();
  return {
    get id() {
      return executor.id;
    },
    async release() {
      stopping.abort();
      await renewing;
      await executor.release();
    },
  };
}

/** SQL of the ids of all processes that hold their lock now. */
export const LIVING_EXECUTORS = sql`
  select e.id from executor e
  join pg_locks l on l.locktype = 'advisory' and l.classid::bigint = ${sql.lit(EXECUTOR_LOCKS)}
    and l.objid::bigint = e.lock_key and l.granted
    and l.database = (select oid from pg_database where datname = current_database())`;

/** Of `ids`, those that hold no lock any more. */
export async function deadExecutors(db: Database, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const alive = await sql<{ id: string }>`${LIVING_EXECUTORS} where e.id = any(${[...ids]})`.execute(db);
  const living = new Set(alive.rows.map((row) => row.id));
  return new Set(ids.filter((id) => !living.has(id)));
}

/** Forgets executors that are gone; nothing refers to them any more. */
export async function forgetDeadExecutors(db: Database): Promise<void> {
  const all = await db.selectFrom('executor').select('id').execute();
  const dead = await deadExecutors(
    db,
    all.map((row) => row.id),
  );
  if (dead.size === 0) return;
  await db
    .deleteFrom('executor')
    .where('id', 'in', [...dead])
    .execute();
}
