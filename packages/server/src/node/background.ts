import { isWithin, type TimeWindow } from '@photopeak/pipelines';
import { reclaimAbandoned } from '../delivery/index.ts';
import { reportWorkItems } from '../dicom-services/index.ts';
import { sweepLayers } from '../enhancements/index.ts';
import { auditReceipts, MOST_RECEIPTS, writeAnchor } from '../governance/index.ts';
import { reportNext } from '../intake/commitment/index.ts';
import { createParts, type Loop, startLoop } from '../operations/index.ts';
import { performTasks } from '../performing/index.ts';
import { noteNextAlignment } from '../review/index.ts';
import { completeNext } from '../studies/index.ts';
import { prepareRun } from '../studies/volumes/index.ts';
import { createReceivers, showRuns } from '../work-items/index.ts';
import { dispatchRuns, resourceOf } from '../workflow/index.ts';
import type { NodeContext } from './context.ts';
import { startDeliveries } from './deliveries.ts';

export interface Background {
  /** A worker started or ended: look for runs without a worker now. */
  workersChanged(): void;
  /** Somebody asked for storage commitment who wants the report elsewhere. */
  commitmentAsked(): void;
  /** The configuration names other destinations than before. */
  destinationsChanged(): Promise<void>;
  /** The configuration names other work lists of other systems than before. */
  taskListsChanged(): Promise<void>;
  stop(): Promise<void>;
}

const COMPLETION_MS = 250;
const DISPATCH_MS = 1_000;
const REAP_MS = 1_000;
const AUDIT_MS = 1_000;
const ROUTES_MS = 2_000;
const METADATA_MS = 1_000;
const WORK_ITEMS_MS = 1_000;
const COMMITMENT_MS = 1_000;
const ALIGNMENT_MS = 5_000;
const LAYERS_MS = 15_000;
const FORGET_MS = 3_600_000;

/** Everything the node does by itself. Each loop reads what is due from the database, so that none has a memory. */
export function startBackground(context: NodeContext, executorId: () => string): Background {
  const { db, archive, engine, log, configuration, events, dataFolder } = context;
  const completion = startLoop(
    'completion',
    COMPLETION_MS,
    () =>
      completeNext({
        db,
        archive,
        metadata: context.metadata,
        routes: configuration.routes,
        pipelines: context.pipelines,
        settings: configuration.studies,
        onClosed(study, missing) {
          context.pace.closed(study);
          if (missing > 0) log.warn({ study, missing }, 'announced instances of a study are not here');
        },
        matchHours: configuration.hl7.matchHours,
        now: () => new Date(),
      }),
    log,
  );
  const dispatch = startLoop(
    'dispatch',
    DISPATCH_MS,
    () =>
      dispatchRuns(db, engine, {
        limits: configuration.limits.pipelines,
        resourceOf: (name) => resourceOf(context.pipelines, name),
        isOpen: (window) => isWithin(window as TimeWindow, new Date()),
      }),
    log,
  );
  const routes = startLoop(
    'routes',
    ROUTES_MS,
    async () => {
      await context.routes.refresh();
      return 0;
    },
    log,
  );
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
      // While instances stream in, each turn would find the few that came during the one before: once a second is enough.
      return written < MOST_RECEIPTS ? 0 : written;
    },
    log,
  );
  const metadata = startLoop('metadata', METADATA_MS, () => context.metadata.fillDue(), log);
  const deliveries = startDeliveries(context, executorId);
  const workItems = startLoop(
    'work items',
    WORK_ITEMS_MS,
    async () => {
      const shown = await showRuns(db, configuration.node.name);
      if (shown > 0) context.workItemChanges.announce();
      return shown;
    },
    log,
  );
  const workItemEvents = reportWorkItems(context, createReceivers(db));
  const forgetting = startLoop(
    'work item reports',
    FORGET_MS,
    async () => {
      await context.subscriptions.forget();
      return 0;
    },
    log,
  );
  const commitments = startLoop(
    'reports of storage commitment',
    COMMITMENT_MS,
    (signal) => reportNext({ db, archive, configuration }, signal),
    log,
  );
  const alignment = startLoop(
    'alignment checks',
    ALIGNMENT_MS,
    () =>
      noteNextAlignment({
        db,
        archive,
        metadata: context.metadata,
        routes: configuration.routes,
        pipelines: context.pipelines,
        checkBelow: configuration.alignment.checkBelow,
        now: () => new Date(),
      }),
    log,
  );
  const layers = startLoop(
    'layers',
    LAYERS_MS,
    async () => {
      await sweepLayers(context, new Date());
      return 0;
    },
    log,
  );
  const taskLists = createParts(
    () => configuration.taskLists,
    (list) =>
      startLoop(
        `task list ${list.name}`,
        list.everySeconds * 1000,
        () =>
          performTasks(
            { db, sink: context.sink, station: configuration.node.name, log, now: () => new Date() },
            list,
          ),
        log,
      ),
  );
  void taskLists.follow();
  const unsubscribe = events.subscribe((event) => {
    if (event.studyInstanceUid !== null) context.metadata.arrived(event.studyInstanceUid);
    if (event.kind === 'run' || event.kind === 'step') workItems.kick();
    if (event.kind !== 'run') return;
    if (event.state === 'queued') dispatch.kick();
    if (event.state !== 'packaged') return;
    deliveries.kick();
    alignment.kick();
    prepareRun(context.volumes, event.runId).catch((error: unknown) =>
      log.warn({ run: event.runId, err: error }, 'the volumes of a run could not be prepared'),
    );
  });
  const loops: Loop[] = [
    completion,
    dispatch,
    reap,
    audit,
    metadata,
    workItems,
    workItemEvents,
    forgetting,
    commitments,
    alignment,
    routes,
    layers,
  ];
  return {
    workersChanged: () => reap.kick(),
    commitmentAsked: () => commitments.kick(),
    destinationsChanged: () => deliveries.destinationsChanged(),
    taskListsChanged: () => taskLists.follow(),
    async stop() {
      unsubscribe();
      await Promise.all([...loops.map((loop) => loop.stop()), taskLists.stop(), deliveries.stop()]);
    },
  };
}
