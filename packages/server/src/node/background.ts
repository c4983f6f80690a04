import { deliverDue, reclaimAbandoned, type Sender } from '../delivery/index.ts';
import { auditReceipts, writeAnchor } from '../governance/index.ts';
import { type Loop, startLoop } from '../operations/index.ts';
import { completeNext } from '../studies/index.ts';
import { prepareRun } from '../studies/volumes/index.ts';
import { dispatchRuns } from '../workflow/index.ts';
import type { NodeContext } from './context.ts';

export interface Background {
  /** A worker started or ended: look for runs without a worker now. */
  workersChanged(): void;
  stop(): Promise<void>;
}

const COMPLETION_MS = 250;
const DISPATCH_MS = 1_000;
const REAP_MS = 1_000;
const AUDIT_MS = 1_000;
const DELIVERY_MS = 500;
const METADATA_MS = 1_000;

/** Everything the node does by itself. Each loop reads what is due from the database, so that none has a memory. */
export function startBackground(
  context: NodeContext,
  executorId: () => string,
  senders: readonly { readonly name: string; readonly sender: Sender }[],
): Background {
  const { db, archive, engine, log, configuration, events, dataFolder } = context;
  const completion = startLoop(
    'completion',
    COMPLETION_MS,
    () =>
      completeNext({
        db,
        archive,
        routes: configuration.routes,
        pipelines: context.pipelines,
        now: () => new Date(),
      }),
    log,
  );
  const dispatch = startLoop('dispatch', DISPATCH_MS, () => dispatchRuns(db, engine), log);
  const reap = startLoop(
    'reap',
    REAP_MS,
    async () => {
      const runs = await engine.reap();
      const deliveries = await reclaimAbandoned(db);
      if (runs + deliveries > 0)
        log.warn({ runs, deliveries }, 'work of processes that ended was taken over');
      return 0;
    },
    log,
  );
  const audit = startLoop(
    'audit',
    AUDIT_MS,
    async () => {
      const written = await auditReceipts(db);
      await writeAnchor(db, dataFolder, configuration.security.secret);
      return written;
    },
    log,
  );
  const metadata = startLoop('metadata', METADATA_MS, () => context.metadata.fillDue(), log);
  const deliveries = senders.map((destination) =>
    startLoop(
      `delivery to ${destination.name}`,
      DELIVERY_MS,
      (signal) =>
        deliverDue(
          { db, archive, executorId: executorId(), pauses: configuration.delivery },
          destination,
          signal,
        ),
      log,
    ),
  );
  const unsubscribe = events.subscribe((event) => {
    if (event.studyInstanceUid !== null) context.metadata.arrived(event.studyInstanceUid);
    if (event.kind !== 'run') return;
    if (event.state === 'queued') dispatch.kick();
    if (event.state !== 'packaged') return;
    for (const loop of deliveries) loop.kick();
    prepareRun(context.volumes, event.runId).catch((error: unknown) =>
      log.warn({ run: event.runId, err: error }, 'the volumes of a run could not be prepared'),
    );
  });
  const loops: Loop[] = [completion, dispatch, reap, audit, metadata, ...deliveries];
  return {
    workersChanged: () => reap.kick(),
    async stop() {
      unsubscribe();
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
