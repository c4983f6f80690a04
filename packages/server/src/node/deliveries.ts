import { randomUUID } from 'node:crypto';
import { uidFrom } from '@photopeak/dicom';
import { isWithin } from '@photopeak/pipelines';
import { sql } from 'kysely';
import { askForCommitment, settleWithoutCommitment } from '../delivery/commitment/index.ts';
import { deliverDue } from '../delivery/index.ts';
import { sweepCopies } from '../delivery/prepare/index.ts';
import { type Loop, startLoop } from '../operations/index.ts';
import type { NodeContext } from './context.ts';
import { createCommitFor, createSenders, outgoingFolder } from './destinations.ts';

const DELIVERY_MS = 500;
const COMMITMENT_MS = 1_000;

export interface Deliveries {
  kick(): void;
  /** Destinations were changed, added or removed: each changed one gets a new transport. */
  destinationsChanged(): Promise<void>;
  stop(): Promise<void>;
}

/** One loop per destination, so that a PACS that is away holds up nobody else. */
export function startDeliveries(context: NodeContext, executorId: () => string): Deliveries {
  const { db, archive, configuration, log } = context;
  const running = new Map<string, Running>();

  function start(): void {
    for (const destination of createSenders(context)) {
      if (running.has(destination.name)) continue;
      const commitment = startCommitment(context, destination.name);
      const loop = startLoop(
        `delivery to ${destination.name}`,
        DELIVERY_MS,
        async (signal) => {
          if (!(await mayDeliver(context, destination.name))) return 0;
          const sent = await deliverDue(
            { db, archive, executorId: executorId(), pauses: configuration.delivery },
            destination,
            signal,
          );
          if (sent > 0) commitment?.kick();
          return sent;
        },
        log,
      );
      const loops = commitment === undefined ? [loop] : [loop, commitment];
      running.set(destination.name, { settings: settingsOf(context, destination.name), loops });
    }
  }

  sweepCopies(outgoingFolder(context.dataFolder)).catch((error: unknown) =>
    log.warn({ err: error }, 'copies of earlier deliveries could not be removed'),
  );
  start();
  return {
    kick() {
      for (const { loops } of running.values()) for (const loop of loops) loop.kick();
    },
    async destinationsChanged() {
      for (const [name, { settings, loops }] of running) {
        if (settings === settingsOf(context, name)) continue;
        running.delete(name);
        await Promise.all(loops.map((loop) => loop.stop()));
      }
      start();
    },
    stop: async () => {
      await Promise.all([...running.values()].flatMap(({ loops }) => loops.map((loop) => loop.stop())));
    },
  };
}

interface Running {
  readonly settings: string;
  readonly loops: readonly Loop[];
}

/** Asks a destination for storage commitment, where its settings say so; else what waited for one is delivered. */
function startCommitment(context: NodeContext, name: string): Loop | undefined {
  const { db, configuration, log } = context;
  const to = createCommitFor(context, name);
  if (to !== undefined) {
    const asking = {
      db,
      pauses: configuration.delivery,
      newTransactionUid: () => uidFrom('commitment', randomUUID()),
    };
    return startLoop(
      `storage commitment of ${name}`,
      COMMITMENT_MS,
      (signal) => askForCommitment(asking, to, signal),
      log,
    );
  }
  settleWithoutCommitment(db, name).catch((error: unknown) =>
    log.warn({ destination: name, err: error }, 'deliveries that waited for commitment could not be settled'),
  );
  return undefined;
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
