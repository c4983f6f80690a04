import { sql } from 'kysely';
import { deliverDue } from '../delivery/index.ts';
import { sweepCopies } from '../delivery/prepare/index.ts';
import { type Loop, startLoop } from '../operations/index.ts';
import { isWithin } from '../routing/index.ts';
import type { NodeContext } from './context.ts';
import { createSenders, outgoingFolder } from './destinations.ts';

const DELIVERY_MS = 500;

export interface Deliveries {
  kick(): void;
  /** Destinations were changed, added or removed: each changed one gets a new transport. */
  destinationsChanged(): Promise<void>;
  stop(): Promise<void>;
}

/** One loop per destination, so that a PACS that is away holds up nobody else. */
export function startDeliveries(context: NodeContext, executorId: () => string): Deliveries {
  const { db, archive, configuration, log } = context;
  const running = new Map<string, { readonly settings: string; readonly loop: Loop }>();

  function start(): void {
    for (const destination of createSenders(context)) {
      if (running.has(destination.name)) continue;
      const loop = startLoop(
        `delivery to ${destination.name}`,
        DELIVERY_MS,
        async (signal) =>
          (await mayDeliver(context, destination.name))
            ? deliverDue(
                { db, archive, executorId: executorId(), pauses: configuration.delivery },
                destination,
                signal,
              )
            : 0,
        log,
      );
      running.set(destination.name, { settings: settingsOf(context, destination.name), loop });
    }
  }

  sweepCopies(outgoingFolder(context.dataFolder)).catch((error: unknown) =>
    log.warn({ err: error }, 'copies of earlier deliveries could not be removed'),
  );
  start();
  return {
    kick() {
      for (const { loop } of running.values()) loop.kick();
    },
    async destinationsChanged() {
      for (const [name, { settings, loop }] of running) {
        if (settings === settingsOf(context, name)) continue;
        running.delete(name);
        await loop.stop();
      }
      start();
    },
    stop: async () => {
      await Promise.all([...running.values()].map(({ loop }) => loop.stop()));
    },
  };
}

function settingsOf({ configuration }: NodeContext, name: string): string {
  return JSON.stringify(configuration.destinations.find((destination) => destination.name === name));
}

/** See `limits.destinations`: deliveries go in batches, so that an hour may have one batch more. */
async function mayDeliver({ db, configuration }: NodeContext, name: string): Promise<boolean> {
  const limit = configuration.limits.destinations[name];
  if (limit === undefined) return true;
  if (limit.window !== undefined && !isWithin(limit.window, new Date())) return false;
  if (limit.perHour === undefined) return true;
  const { count } = await db
    .selectFrom('outbox')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('destination', '=', name)
    .where('acknowledged_at', '>', sql<Date>`now() - interval '1 hour'`)
    .executeTakeFirstOrThrow();
  return count < limit.perHour;
}
