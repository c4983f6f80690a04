import { DBOS, DBOSClient } from '@dbos-inc/dbos-sdk';
import { PhotopeakError } from '@photopeak/imaging';
import type { ResourceClass } from '@photopeak/pipelines';
import type pg from 'pg';
import { type Connection, heardPool } from '../database/index.ts';
import type { RunExecution, WorkflowEngine } from './engine.ts';
import { deadExecutors, forgetDeadExecutors } from './executors.ts';

/** Workers without a device do not look into the second. */
const QUEUES: Readonly<Record<ResourceClass, string>> = { cpu: 'runs', gpu: 'runs-gpu' };
const WORKFLOW = 'run';
const APPLICATION = 'photopeak';
/**
 * Changes only when the order of checkpoints inside a run changes. Runs of pipelines have versions of their own; this
 * one is explicit so that a new build of the node goes on with the runs of the old one.
 */
const APPLICATION_VERSION = '1';
/** A run that kills every process that takes it must end one day. */
const MOST_RECOVERIES = 1_000;
const POLLING_MS = 150;
/**
 * A database that is away or a full disk may come back; an answer about the study does not change. The pauses grow
 * slowly to an hour and add up to a little more than a day: somebody has to notice the disk and make space.
 */
const RETRY = {
  retriesAllowed: true,
  maxAttempts: 60,
  intervalSeconds: 0.5,
  backoffRate: 1.3,
  shouldRetry: (error: unknown) => !(error instanceof PhotopeakError),
};
/** Session lock of the one reaper at a time. */
const REAPER_LOCK = 7_036_812;

/** Creates the engine's own tables; call it under the migration lock. */
export async function migrateEngine(url: string): Promise<void> {
  // It prints its progress on standard output, which belongs to the JSON of a command, and takes no other logger.
  const { log } = console;
  console.log = () => undefined;
  try {
    await DBOS.migrate(url);
  } finally {
    console.log = log;
  }
}

/** DBOS logs as an interface; only what an administrator can act on passes. */
export interface EngineLog {
  warn(message: string): void;
  error(message: string): void;
}

function quiet(log: EngineLog) {
  const text = (entry: unknown) => (entry instanceof Error ? entry.message : String(entry));
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (entry: unknown) => log.warn(text(entry)),
    error: (entry: unknown) => log.error(text(entry)),
  };
}

const IDLE_TRANSACTION_MS = 60_000;

/** Connections of the engine, whose own pool does not hear each of their errors. */
const enginePool = (url: string, size: number, log: EngineLog): pg.Pool =>
  heardPool(
    { connectionString: url, max: size, idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS },
    (error) => log.warn(error.message),
  );

/** The node's side: starts runs and gives those of dead workers to living ones. Runs nothing itself. */
export async function createDbosEngine(connection: Connection, log: EngineLog): Promise<WorkflowEngine> {
  const pool = enginePool(connection.url, 3, log);
  const client = await DBOSClient.create({
    systemDatabaseUrl: connection.url,
    systemDatabasePool: pool,
    applicationName: APPLICATION,
    logger: quiet(log),
  });

  async function reap(): Promise<number> {
    const session = await connection.pool.connect();
    try {
      const { rows } = await session.query('select pg_try_advisory_lock($1) as got', [REAPER_LOCK]);
      if (rows[0]?.got !== true) return 0;
      try {
        // Read the runs first, then who lives: a worker that starts in between is alive before it takes anything.
        const pending = await client.listWorkflows({
          status: 'PENDING',
          workflowName: WORKFLOW,
          loadInput: false,
          loadOutput: false,
        });
        const holders = [...new Set(pending.flatMap((run) => (run.executorId ? [run.executorId] : [])))];
        const dead = await deadExecutors(connection.db, holders);
        const orphans = pending.filter((run) => run.executorId && dead.has(run.executorId));
        for (const [queueName, runs] of Map.groupBy(orphans, (run) => run.queueName ?? QUEUES.cpu)) {
          await client.resumeWorkflows(
            runs.map((run) => run.workflowID),
            { queueName },
          );
        }
        await forgetDeadExecutors(connection.db);
        return orphans.length;
      } finally {
        await session.query('select pg_advisory_unlock($1)', [REAPER_LOCK]);
      }
    } finally {
      session.release();
    }
  }

  const start: WorkflowEngine['start'] = async (runId, priority, resource) => {
    await client.enqueue(
      {
        queueName: QUEUES[resource],
        workflowName: WORKFLOW,
        workflowID: runId,
        workflowIDReusePolicy: 'return-existing',
        appVersion: APPLICATION_VERSION,
        priority,
      },
      runId,
    );
  };

  return {
    start,
    async restart(runId, resource) {
      await client.deleteWorkflow(runId);
      await start(runId, 1, resource);
    },
    cancel: (runId) => client.cancelWorkflow(runId),
    reap,
    async close() {
      await client.destroy();
      await pool.end();
    },
  };
}

export interface EngineWorker {
  stop(): Promise<void>;
}

/** The worker's side: takes runs from the queues of what it has and executes them, up to `concurrency` of each. */
export async function startDbosWorker(options: {
  readonly url: string;
  readonly executorId: string;
  readonly concurrency: number;
  readonly resources: readonly ResourceClass[];
  readonly execute: RunExecution;
  readonly log: EngineLog;
}): Promise<EngineWorker> {
  DBOS.registerWorkflow(
    (runId: string) =>
      options.execute(runId, { once: (name, work) => DBOS.runStep(work, { name, ...RETRY }) }),
    { name: WORKFLOW, maxRecoveryAttempts: MOST_RECOVERIES },
  );
  const pool = enginePool(options.url, 6, options.log);
  DBOS.setConfig({
    name: APPLICATION,
    systemDatabaseUrl: options.url,
    systemDatabasePool: pool,
    executorID: options.executorId,
    applicationVersion: APPLICATION_VERSION,
    runMigrations: false,
    listenQueues: options.resources.map((resource) => QUEUES[resource]),
    logger: quiet(options.log),
    tracingEnabled: false,
  });
  await DBOS.launch();
  for (const resource of options.resources) {
    await DBOS.registerQueue(QUEUES[resource], {
      workerConcurrency: options.concurrency,
      minPollingIntervalMs: POLLING_MS,
      onConflict: 'always_update',
    });
  }
  return {
    async stop() {
      await DBOS.shutdown();
      await pool.end();
    },
  };
}
