import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Pipeline } from '@photopeak/pipelines';
import { buildApp } from '../api/app.ts';
import {
  createIndexWriter,
  createIntakeSink,
  createMetadataStore,
  openArchive,
  type RepairsUnderWay,
} from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { connect, keepEmbeddedPostgres, listen, migrate } from '../database/index.ts';
import { createArrivals } from '../delivery/commitment/index.ts';
import { createReturns } from '../delivery/returns/index.ts';
import { openLayers } from '../enhancements/index.ts';
import { appendAudit, auditReceipts, ensureFirstAccount, writeAnchor } from '../governance/index.ts';
import { startFolderIntake } from '../intake/folder/index.ts';
import {
  checkLastArrivals,
  createLogger,
  createMetrics,
  createParts,
  type Logger,
  type Parts,
  removeLeftovers,
} from '../operations/index.ts';
import type { PriorsOnTheirWay } from '../priors/index.ts';
import { openRouteStore } from '../routing/index.ts';
import { createSourcePace } from '../studies/index.ts';
import { createVolumeCache } from '../studies/volumes/index.ts';
import { createSubscriptions, createWorkItemChanges, createWorkItems } from '../work-items/index.ts';
import {
  createDbosEngine,
  defaultPipelines,
  keepExecutor,
  migrateEngine,
  startWorkers,
} from '../workflow/index.ts';
import { startAlerts } from './alerts.ts';
import { startArchiveCare } from './archive-care.ts';
import { startBackground } from './background.ts';
import type { NodeContext } from './context.ts';
import { type DicomAddress, type DicomListeners, startDicom } from './dicom.ts';
import { intakeEvents, sourceName } from './intake-events.ts';
import { listening } from './listen-errors.ts';
import { type ConfigurationWatch, liveConfiguration, watchConfiguration } from './live-configuration.ts';
import { startMessages } from './messages.ts';
import { startPriors } from './priors.ts';

export interface NodeOptions {
  readonly configuration: Configuration;
  /** Where it was read: what can change while the node runs is taken from it again whenever it changes. */
  readonly configurationFile?: string;
  /** Everything the node keeps lies below this folder. */
  readonly dataFolder: string;
  /** URL of a module that exports `pipelines: Pipeline[]`; default: the pipelines of this product. */
  readonly pipelinesModule?: string;
  /** Built workspace to serve at `/`. */
  readonly workspaceFolder?: string;
  readonly version?: string;
  readonly log?: Logger;
}

export interface RunningNode {
  readonly context: NodeContext;
  readonly dicom: DicomAddress | null;
  /** Where HL7 messages are taken; null where that is switched off. */
  readonly hl7: { readonly host: string; readonly port: number } | null;
  /** Where the workspace, the API and DICOMweb answer, without a slash at the end. */
  readonly url: string;
  /** Token for `/#token=…`, on a node on which nobody has set a password yet. */
  readonly signInToken: string | undefined;
  /** Process ids of the workers. */
  workers(): number[];
  /** How many of them take runs; a worker needs a moment to start. */
  workersReady(): number;
  /** Stops taking new work, lets requests end, stops workers and database. What is unfinished goes on at the next start. */
  close(): Promise<void>;
}

/** Space that volumes prepared for display may take. */
const CACHE_BYTES = 20 * 1024 ** 3;

/**
 * Starts a node: database, archive, workers, transports, API. Parts start in the order in which they need each
 * other; if one fails, those before it are stopped and its error is thrown.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const dataFolder = path.resolve(options.dataFolder);
  const log = options.log ?? createLogger(options.configuration.logging.level);
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const stop of closing.splice(0).reverse()) {
      await stop().catch((error: unknown) => log.error({ err: error }, 'a part did not stop cleanly'));
    }
  };
  try {
    await mkdir(dataFolder, { recursive: true, mode: 0o755 });
    const url = await openDatabase(options.configuration, dataFolder, log, closing);
    await migrate(url, () => migrateEngine(url));
    const connection = connect(url, {
      onError: (error) => log.warn({ err: error }, 'a database connection broke'),
    });
    closing.push(() => connection.close());
    const { db } = connection;
    const pipelinesModule = options.pipelinesModule ?? defaultPipelines;
    const { pipelines } = (await import(pipelinesModule)) as { readonly pipelines: readonly Pipeline[] };
    const routes = await openRouteStore({
      db,
      configuration: options.configuration,
      pipelines,
      onProblem: (error) =>
        log.error({ err: error }, 'the newest routes cannot work any more; those of the file go on'),
    });
    const live = liveConfiguration(options.configuration, routes);
    const configuration = live.value;
    const archive = await openArchive(dataFolder, configuration.archive);
    const leftovers = await removeLeftovers(archive, Date.now());
    if (leftovers > 0) log.warn({ files: leftovers }, 'temporary files of processes that ended were removed');
    const damaged = await checkLastArrivals(db, archive);
    if (damaged.length > 0) {
      log.error(
        { files: damaged.map(({ sha256 }) => sha256) },
        'the last power cut left files that are not whole',
      );
    }
    const executor = await keepExecutor(url, 'server', log);
    closing.push(() => executor.release());
    const engine = await createDbosEngine(connection, {
      warn: (text) => log.warn(text),
      error: (text) => log.error(text),
    });
    closing.push(() => engine.close());
    const events = listen(url);
    closing.push(() => events.close());
    const metrics = createMetrics(db);
    const pace = createSourcePace(db, () => configuration.studies, log);
    await pace.load();
    closing.push(() => pace.flush());
    const onTheirWay: PriorsOnTheirWay = new Map();
    const repairs: RepairsUnderWay = new Map();
    const sink = createIntakeSink({
      archive,
      index: createIndexWriter(db),
      quietSeconds: (source) => pace.quietSeconds(sourceName(source)),
      isPrior: (study) => onTheirWay.has(study),
      repairs,
      events: intakeEvents({ db, configuration, metrics, pace, log }),
      returns: createReturns({ db, archive, destinations: () => configuration.destinations }),
    });
    let dicom: DicomListeners | undefined;
    let watching: ConfigurationWatch | undefined;
    const workers = startWorkers(
      configuration.workflow.workers,
      {
        databaseUrl: url,
        dataFolder,
        pipelinesModule,
        archive: configuration.archive,
        workflow: configuration.workflow,
        models: configuration.models,
        enhancements: configuration.enhancements,
        logLevel: configuration.logging.level,
      },
      log,
      () => background?.workersChanged(),
    );
    closing.push(() => workers.stop());
    const workItemChanges = createWorkItemChanges();
    const context: NodeContext = {
      version: options.version ?? '0.1.0',
      configuration,
      routes,
      reload: options.configurationFile === undefined ? undefined : () => watching!.reload(),
      dataFolder,
      connection,
      db,
      archive,
      sink,
      repairs,
      metadata: createMetadataStore(db, archive),
      pace,
      workItems: createWorkItems(db, () => new Date(), workItemChanges.announce),
      subscriptions: createSubscriptions(db, workItemChanges.announce),
      workItemChanges,
      volumes: {
        db,
        archive,
        cache: createVolumeCache(path.join(archive.cacheFolder, 'volumes'), CACHE_BYTES),
      },
      layers: openLayers(archive),
      engine,
      pipelines,
      events,
      metrics,
      log,
      commitmentArrivals: createArrivals(),
      livingWorkers: () => workers.pids().length,
      dicomAddress: () => dicom?.address() ?? null,
    };
    await db
      .transaction()
      .execute((transaction) =>
        appendAudit(transaction, [
          { kind: 'node-start', actor: 'node', subject: 'node', detail: { version: context.version } },
        ]),
      );
    const signInToken = await ensureFirstAccount(db);
    const background = startBackground(context, () => executor.id);
    closing.push(() => background.stop());
    if (configuration.dicom.enabled) {
      dicom = await startDicom(context, () => background.commitmentAsked());
      closing.push(dicom.close);
    }
    const folders = watchFolders(context);
    closing.push(() => folders.stop());
    await folders.follow();
    const priors = startPriors(context, onTheirWay);
    closing.push(() => priors.stop());
    const messages = await startMessages(context);
    closing.push(() => messages.stop());
    const alerts = startAlerts(context);
    closing.push(() => alerts.stop());
    if (options.configurationFile !== undefined) {
      const follow: Readonly<Record<string, () => Promise<unknown>>> = {
        'alerts.webhooks': () => alerts.webhooksChanged(),
        archives: () => priors.archivesChanged(),
        destinations: () => Promise.all([background.destinationsChanged(), messages.destinationsChanged()]),
        sources: () => folders.follow(),
        taskLists: () => background.taskListsChanged(),
        worklists: () => messages.worklistsChanged(),
      };
      const watch = watchConfiguration({
        file: options.configurationFile,
        started: options.configuration,
        live,
        store: routes,
        pipelines,
        db,
        log,
        onApplied(settings) {
          for (const setting of settings)
            follow[setting]?.().catch((error: unknown) =>
              log.error({ setting, err: error }, 'a changed setting could not be put in force'),
            );
        },
      });
      watching = watch;
      closing.push(async () => watch.close());
    }
    const care = startArchiveCare(context);
    closing.push(() => care.stop());
    const app = await buildApp(context, { workspaceFolder: options.workspaceFolder });
    closing.push(() => app.close());
    const { host, port } = configuration.http;
    const address = await listening('http.port', { host, port }, () => app.listen({ host, port }));
    return {
      context,
      url: configuration.http.publicUrl?.replace(/\/$/, '') ?? address,
      dicom: dicom?.address() ?? null,
      hl7: messages.address,
      signInToken,
      workers: () => workers.pids(),
      workersReady: () => workers.ready(),
      async close() {
        await stopRecord(context);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openDatabase(
  configuration: Configuration,
  dataFolder: string,
  log: Logger,
  closing: (() => Promise<unknown>)[],
): Promise<string> {
  if (configuration.database.url !== undefined) return configuration.database.url;
  const server = await keepEmbeddedPostgres(path.join(dataFolder, 'postgres'), log);
  closing.push(() => server.release());
  return server.url;
}

function watchFolders({ configuration, sink, log }: NodeContext): Parts {
  return createParts(
    () => configuration.sources.flatMap((source) => (source.kind === 'folder' ? [source] : [])),
    (source) =>
      startFolderIntake({
        sink,
        folder: source.path,
        afterwards: source.afterwards,
        onEvent(event) {
          if (event.kind === 'taken') return;
          log.warn(
            { source: source.name, kind: event.kind, err: 'error' in event ? event.error : undefined },
            'watched folder',
          );
        },
      }),
  );
}

/** The last entry of an orderly life: receipts that are not written down yet, then the stop itself. */
async function stopRecord(context: NodeContext): Promise<void> {
  const { db, dataFolder, log } = context;
  try {
    while ((await auditReceipts(db)) > 0);
    await db
      .transaction()
      .execute((transaction) =>
        appendAudit(transaction, [{ kind: 'node-stop', actor: 'node', subject: 'node' }]),
      );
    await writeAnchor(db, dataFolder, context.configuration.security.secret);
  } catch (error) {
    log.error({ err: error }, 'the stop could not be written down');
  }
}
