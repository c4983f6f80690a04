import { access } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { openArchive } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import { connect, type Database, migrate } from '../database/index.ts';
import { createLogger, type Logger } from '../operations/index.ts';
import { defaultPipelines, migrateEngine, startWorkers } from '../workflow/index.ts';

export interface WorkersOptions {
  /** `database.url` is needed; of the rest only archive, workflow and logging count. */
  readonly configuration: Configuration;
  /** The data folder of the node, shared by the machines (NFS or the like). */
  readonly dataFolder: string;
  /** URL of a module that exports `pipelines: Pipeline[]`; default: the pipelines of this product. */
  readonly pipelinesModule?: string;
  readonly log?: Logger;
}

export interface RunningWorkers {
  /** Process ids of the workers. */
  pids(): number[];
  /** How many of them take runs. */
  ready(): number;
  /** Ends the workers; their unfinished runs go on elsewhere. */
  close(): Promise<void>;
}

/**
 * Workers on a machine without a node: they take runs from the node's queue in PostgreSQL and read and write its data
 * folder. Any number of machines may do so; one that ends, or that the network cuts off, loses its runs to the others.
 * @throws PhotopeakError WORKERS_NEED_DATABASE, WORKERS_FOLDER_FOREIGN, DATABASE_*
 */
export async function startWorkerMachine(options: WorkersOptions): Promise<RunningWorkers> {
  const { configuration } = options;
  const { url } = configuration.database;
  if (url === undefined) {
    throw new PhotopeakError('workers of their own need the database of a node', {
      code: 'WORKERS_NEED_DATABASE',
      expected: 'database.url in photopeak.yaml, or DATABASE_URL',
      remedy: 'name a PostgreSQL that this machine and the node reach; the embedded one is for one machine',
    });
  }
  const dataFolder = path.resolve(options.dataFolder);
  const log = options.log ?? createLogger(configuration.logging.level);
  await migrate(url, () => migrateEngine(url));
  const connection = connect(url);
  try {
    await requireArchiveOf(connection.db, dataFolder, configuration);
  } finally {
    await connection.close();
  }
  const workers = startWorkers(
    configuration.workflow.workers,
    {
      databaseUrl: url,
      dataFolder,
      pipelinesModule: options.pipelinesModule ?? defaultPipelines,
      archive: configuration.archive,
      workflow: configuration.workflow,
      models: configuration.models,
      enhancements: configuration.enhancements,
      logLevel: configuration.logging.level,
    },
    log,
  );
  return { pids: () => workers.pids(), ready: () => workers.ready(), close: () => workers.stop() };
}

/** A worker on another folder would find no input, or write results where nobody looks. */
async function requireArchiveOf(
  db: Database,
  dataFolder: string,
  configuration: Configuration,
): Promise<void> {
  const newest = await db
    .selectFrom('instance')
    .select('sha256')
    .orderBy('received_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest === undefined) return;
  const archive = await openArchive(dataFolder, configuration.archive);
  const found = await access(archive.instances.pathOf(newest.sha256)).then(
    () => true,
    () => false,
  );
  if (found) return;
  throw new PhotopeakError('this data folder is not that of the node', {
    code: 'WORKERS_FOLDER_FOREIGN',
    expected: 'the folder that holds the newest instance of the index',
    where: dataFolder,
    remedy: "mount the node's data folder on this machine and name it with --data",
  });
}
