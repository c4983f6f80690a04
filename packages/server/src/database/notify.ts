import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import type { NodeEvent } from '../api/contract.ts';
import type { Database } from './connect.ts';

const CHANNEL = 'photopeak_event';
const RECONNECT_MS = 500;

/** Tells every process of the node what changed; inside a transaction it is sent at its commit. */
export async function announce(db: Database, event: NodeEvent): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${JSON.stringify(event)})`.execute(db);
}

export interface EventListener {
  /** Hears every event from now on; returns how to stop. */
  subscribe(listener: (event: NodeEvent) => void): () => void;
  close(): Promise<void>;
}

/**
 * One connection that listens for all subscribers of this process. When it breaks it comes back by itself; events in
 * between are missed, which is harmless: an event only says what to read again, and every reader polls as well.
 */
export function listen(url: string): EventListener {
  const listeners = new Set<(event: NodeEvent) => void>();
  let closed = false;
  let client: pg.Client | undefined;
  const loop = (async () => {
    while (!closed) {
      const current = new pg.Client({ connectionString: url, keepAlive: true });
      client = current;
      const broken = new Promise<void>((resolve) => {
        current.on('error', () => resolve());
        current.on('end', () => resolve());
      });
      current.on('notification', (message) => {
        const event = JSON.parse(message.payload ?? '{}') as NodeEvent;
        for (const listener of listeners) listener(event);
      });
      try {
        await current.connect();
        if (closed) break;
        await current.query(`listen ${CHANNEL}`);
        await broken;
      } catch {
        // not reachable now; try again
      }
      await current.end().catch(() => undefined);
      if (!closed) await pause(RECONNECT_MS);
    }
  })();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      await client?.end().catch(() => undefined);
      await loop;
    },
  };
}
