import os from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../../database/index.ts';
import { LIVING_EXECUTORS } from '../executors.ts';
import { openLockSession } from '../lock-session.ts';
import type { GpuDevice } from './devices.ts';

/** First key of the session locks of devices; the second is a hash of device and place. */
const GPU_LOCKS = 1_886_351_217;
const LOOK_MS = 200;
const KEPT_DAYS = 7;

/** Disposing gives the place back. */
export interface GpuLease extends AsyncDisposable {
  readonly device: GpuDevice;
}

/** The devices of one worker process, shared with all other processes that name the same ones. */
export interface GpuLeases {
  /** Waits until a device is free for this step, in the order of asking among the living processes of the machine. */
  acquire(asker: { readonly runId: string; readonly step: string }, signal: AbortSignal): Promise<GpuLease>;
  /** Resolves when the session that holds the locks breaks: others may now use the devices, so we must stop. */
  readonly lost: Promise<void>;
}

/**
 * At most `atOnce` steps at a time on each device, across processes and machines: each place of a device is a session
 * lock in PostgreSQL. A process that is killed gives its places back with its connection, at once and by the kernel;
 * there is no lease time that could be too short or too long.
 */
export async function holdGpus(options: {
  readonly url: string;
  readonly db: Database;
  readonly executorId: string;
  readonly devices: readonly GpuDevice[];
  readonly machine?: string;
}): Promise<GpuLeases> {
  const { db, executorId, devices, machine = os.hostname() } = options;
  const { client, lost } = await openLockSession(options.url);
  const places = devices.flatMap((device) =>
    Array.from({ length: device.atOnce }, (_, place) => ({ device, name: `${device.key}#${place}` })),
  );
  // A session gets a lock that it has a second time: what this process holds it must remember itself.
  const held = new Set<string>();

  async function tryPlaces(): Promise<(typeof places)[number] | undefined> {
    for (const place of places) {
      if (held.has(place.name)) continue;
      held.add(place.name);
      const { rows } = await client.query('select pg_try_advisory_lock($1, hashtext($2)) as got', [
        GPU_LOCKS,
        place.name,
      ]);
      if (rows[0]?.got === true) return place;
      held.delete(place.name);
    }
    return undefined;
  }

  return {
    lost,
    async acquire({ runId, step }, signal) {
      await sql`delete from gpu_use where asked_at < now() - make_interval(days => ${KEPT_DAYS})`.execute(db);
      const { id } = await db
        .insertInto('gpu_use')
        .values({ machine, run_id: runId, step, executor_id: executorId, device: null })
        .returning('id')
        .executeTakeFirstOrThrow();
      const ended = () => sql`update gpu_use set ended_at = now() where id = ${id}`.execute(db);
      try {
        for (;;) {
          signal.throwIfAborted();
          const place = (await isNext(db, machine, id)) ? await tryPlaces() : undefined;
          if (place !== undefined) {
            const release = async () => {
              await client.query('select pg_advisory_unlock($1, hashtext($2))', [GPU_LOCKS, place.name]);
              held.delete(place.name);
              await ended();
            };
            await sql`update gpu_use set granted_at = now(), device = ${place.device.key} where id = ${id}`.execute(
              db,
            );
            return { device: place.device, [Symbol.asyncDispose]: release };
          }
          await pause(LOOK_MS, undefined, { signal });
        }
      } catch (error) {
        await ended();
        throw error;
      }
    },
  };
}

/** Nobody who lives has waited longer on this machine. */
async function isNext(db: Database, machine: string, id: number): Promise<boolean> {
  const { rows } = await sql<{ next: boolean }>`
    select not exists (
      select 1 from gpu_use where machine = ${machine} and granted_at is null and ended_at is null and id < ${id}
        and executor_id in (${LIVING_EXECUTORS})) as next`.execute(db);
  return rows[0]?.next === true;
}
