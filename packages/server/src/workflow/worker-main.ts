/**
 * Entry of a worker process. It gets its settings in the first message of its parent (they hold the address of the
 * database, which does not belong into a process list) and ends when the parent is gone: whoever starts the node
 * again starts its workers too, and the runs go on there.
 */
import type { Pipeline } from '@photopeak/pipelines';
import { openArchive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { connect } from '../database/index.ts';
import { siteModels } from '../models/index.ts';
import { createLogger } from '../operations/logging.ts';
import { startDbosWorker } from './dbos-engine.ts';
import { createRunExecution } from './execute-run.ts';
import { holdExecutor } from './executors.ts';
import { gpuDevices, holdGpus } from './gpu/index.ts';

export interface WorkerSettings {
  readonly databaseUrl: string;
  readonly dataFolder: string;
  /** URL of a module that exports `pipelines: Pipeline[]`. */
  readonly pipelinesModule: string;
  readonly archive: Configuration['archive'];
  readonly workflow: Configuration['workflow'];
  readonly models: Configuration['models'];
  readonly enhancements: Configuration['enhancements'];
  readonly logLevel: string;
}

async function main(settings: WorkerSettings): Promise<void> {
  const log = createLogger(settings.logLevel).child({ process: 'worker' });
  const { pipelines } = (await import(settings.pipelinesModule)) as {
    readonly pipelines: readonly Pipeline[];
  };
  const connection = connect(settings.databaseUrl, {
    size: 4,
    onError: (error) => log.warn({ err: error }, 'a database connection broke'),
  });
  const archive = await openArchive(settings.dataFolder, settings.archive);
  const executor = await holdExecutor(settings.databaseUrl, 'worker');
  // Our sign of life is gone, so others take over our runs: stop at once rather than compute twice.
  void executor.lost.then(() => process.exit(3));
  const devices = await gpuDevices(settings.workflow.gpus);
  const gpus =
    devices.length === 0
      ? undefined
      : await holdGpus({ url: settings.databaseUrl, db: connection.db, executorId: executor.id, devices });
  // Others may use our devices now.
  void gpus?.lost.then(() => process.exit(3));
  const stopping = new AbortController();
  const execute = createRunExecution({
    db: connection.db,
    archive,
    pipelines,
    keepStepOutputs: settings.workflow.keepStepOutputs,
    signal: stopping.signal,
    gpus,
    lifetimeMinutes: settings.enhancements.lifetimeMinutes,
    models: siteModels({ db: connection.db, archive, settings: settings.models }),
    shadows: siteModels({ db: connection.db, archive, settings: settings.models, role: 'shadow' }),
    deliverResearch: settings.models.deliverResearch,
    log,
  });
  await startDbosWorker({
    url: settings.databaseUrl,
    executorId: executor.id,
    concurrency: settings.workflow.runsPerWorker,
    resources: gpus === undefined ? ['cpu'] : ['cpu', 'gpu'],
    execute,
    log: { warn: (text) => log.warn(text), error: (text) => log.error(text) },
  });
  log.info(
    {
      executor: executor.id,
      gpus: devices.map(({ key }) => key),
      pipelines: pipelines.map(({ name, version }) => `${name} ${version}`),
    },
    'worker ready',
  );
  process.send?.({ kind: 'ready', executor: executor.id });
}

process.once('message', (settings: WorkerSettings) => {
  main(settings).catch((error: unknown) => {
    createLogger(settings.logLevel).fatal({ err: error }, 'the worker could not start');
    process.exit(1);
  });
});
// Ending abruptly is safe by design: unfinished steps are repeated by the next worker.
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => undefined);
