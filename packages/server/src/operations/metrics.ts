import { type RawBuilder, sql } from 'kysely';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { alertKinds } from '../config/alerts.ts';
import type { Database } from '../database/index.ts';
import { LIVING_EXECUTORS } from '../workflow/index.ts';

const QUANTILES = [0.5, 0.95, 1] as const;
const GPU_WAITS = sql`
  select extract(epoch from granted_at - asked_at)::double precision as seconds
  from gpu_use where granted_at > now() - interval '1 hour'`;
/** From the decision to the first worker; runs that were held back on purpose count as well. */
const WORKER_WAITS = sql`
  select extract(epoch from started_at - queued_at)::double precision as seconds
  from run where started_at > now() - interval '1 hour'`;

interface ModelRow {
  readonly id: string;
  readonly version: string;
  readonly role: string;
  readonly uses: number;
  readonly failures: number;
  readonly seconds: number | null;
  readonly load: number | null;
  readonly memory: number | null;
}

async function modelRows(db: Database): Promise<readonly ModelRow[]> {
  const { rows } = await sql<ModelRow>`
    select model_id as id, version, role, count(*)::integer as uses, count(failure)::integer as failures,
      percentile_cont(0.5) within group (order by run_seconds) filter (where failure is null) as seconds,
      percentile_cont(0.5) within group (order by load_seconds) filter (where failure is null) as load,
      max(peak_memory_mb) as memory
    from model_use where used_at > now() - interval '1 hour' group by model_id, version, role
    order by model_id, version, role`.execute(db);
  return rows;
}

/** Tables whose rows have a state. */
type Counted =
  | 'archive_problem'
  | 'run'
  | 'outbox'
  | 'study'
  | 'message_outbox'
  | 'commitment_asked'
  | 'commitment_given';

export interface Metrics {
  readonly registry: Registry;
  stored(sourceKind: string): void;
  refused(reason: string): void;
  /** Files of the archive that were read and compared with their hashes. */
  scrubbed(files: number, bytes: number): void;
}

/** Numbers for Prometheus; nothing in them names a patient. Tables are counted when somebody asks, not before. */
export function createMetrics(db: Database): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'photopeak_' });
  const stored = new Counter({
    name: 'photopeak_instances_stored_total',
    help: 'Instances taken into the archive',
    labelNames: ['source'],
    registers: [registry],
  });
  const refused = new Counter({
    name: 'photopeak_instances_refused_total',
    help: 'Instances refused at intake',
    labelNames: ['reason'],
    registers: [registry],
  });
  const scrubbedFiles = new Counter({
    name: 'photopeak_archive_scrubbed_files_total',
    help: 'Files of the archive that were compared with their hashes',
    registers: [registry],
  });
  const scrubbedBytes = new Counter({
    name: 'photopeak_archive_scrubbed_bytes_total',
    help: 'Bytes of the archive that were compared with their hashes',
    registers: [registry],
  });
  gauge('photopeak_archive_problems', 'Damaged or lost files by state', 'archive_problem');
  gauge('photopeak_runs', 'Runs by state', 'run');
  gauge('photopeak_deliveries', 'Instances owed to destinations by state', 'outbox');
  gauge('photopeak_studies', 'Studies by state', 'study');
  gauge(
    'photopeak_commitments_asked',
    'Storage commitment asked of destinations by state',
    'commitment_asked',
  );
  gauge('photopeak_commitments_given', 'Storage commitment asked of this node by state', 'commitment_given');
  gauge('photopeak_messages', 'HL7 and FHIR messages owed by state', 'message_outbox');

  new Gauge({
    name: 'photopeak_alerts',
    help: 'Open alerts that nobody acknowledged, by kind',
    labelNames: ['kind'],
    registers: [registry],
    async collect() {
      this.reset();
      const rows = await db
        .selectFrom('alert')
        .select((eb) => ['kind', eb.fn.countAll<number>().as('count')])
        .where('resolved_at', 'is', null)
        .where('acknowledged_at', 'is', null)
        .groupBy('kind')
        .execute();
      for (const kind of alertKinds) this.set({ kind }, 0);
      for (const row of rows) this.set({ kind: row.kind }, row.count);
    },
  });

  new Gauge({
    name: 'photopeak_delivery_oldest_seconds',
    help: 'Age of the oldest instance that is owed to a destination',
    labelNames: ['destination'],
    registers: [registry],
    async collect() {
      this.reset();
      const rows = await db
        .selectFrom('outbox')
        .select('destination')
        .select(sql<number>`extract(epoch from now() - min(created_at))::float8`.as('age'))
        .where('state', 'in', ['waiting', 'sending', 'stored'])
        .groupBy('destination')
        .execute();
      for (const row of rows) this.set({ destination: row.destination }, row.age);
    },
  });

  new Gauge({
    name: 'photopeak_archive_scrub_finished_timestamp_seconds',
    help: 'When the whole archive had been read the last time; 0 before that',
    registers: [registry],
    async collect() {
      const row = await db.selectFrom('archive_scrub').select('finished_at').executeTakeFirst();
      this.set((row?.finished_at?.getTime() ?? 0) / 1000);
    },
  });

  new Gauge({
    name: 'photopeak_missing_instances',
    help: 'Instances that were announced for closed studies and are not here',
    registers: [registry],
    async collect() {
      const row = await db
        .selectFrom('study')
        .select((eb) => eb.fn.sum<string | null>('missing_instances').as('sum'))
        .executeTakeFirstOrThrow();
      this.set(Number(row.sum ?? 0));
    },
  });

  new Gauge({
    name: 'photopeak_gpu_steps',
    help: 'Steps that wait for a device or use one now',
    labelNames: ['state', 'device'],
    registers: [registry],
    async collect() {
      this.reset();
      const { rows } = await sql<{ device: string | null; count: number }>`
        select device, count(*)::integer as count from gpu_use
        where ended_at is null and executor_id in (${LIVING_EXECUTORS}) group by device`.execute(db);
      this.set({ state: 'waiting', device: '' }, 0);
      for (const { device, count } of rows)
        this.set({ state: device === null ? 'waiting' : 'running', device: device ?? '' }, count);
    },
  });
  let asked: Promise<readonly ModelRow[]> | undefined;
  /** The gauges of a scrape are collected at once: one query serves them all. */
  const modelsNow = () => {
    asked ??= modelRows(db).finally(() => {
      asked = undefined;
    });
    return asked;
  };
  const ofModels = (name: string, help: string, value: (row: ModelRow) => number | null) =>
    new Gauge({
      name,
      help,
      labelNames: ['model', 'version', 'role'],
      registers: [registry],
      async collect() {
        this.reset();
        for (const row of await modelsNow()) {
          const told = value(row);
          if (told !== null) this.set({ model: row.id, version: row.version, role: row.role }, told);
        }
      },
    });
  ofModels(
    'photopeak_model_uses',
    'Times that a model was run on a series, of the last hour',
    (row) => row.uses,
  );
  ofModels('photopeak_model_failures', 'Of these the ones without a result', (row) => row.failures);
  ofModels(
    'photopeak_model_seconds',
    'Median time of a model for a series, of the last hour',
    (row) => row.seconds,
  );
  ofModels(
    'photopeak_model_load_seconds',
    'Median time to load a model, of the last hour',
    (row) => row.load,
  );
  ofModels(
    'photopeak_model_memory_megabytes',
    'Highest memory of a model, of the last hour',
    (row) => row.memory,
  );
  waits('photopeak_gpu_wait_seconds', 'Wait of steps for a device, of the last hour', GPU_WAITS);
  waits('photopeak_worker_wait_seconds', 'Wait of runs for a worker, of the last hour', WORKER_WAITS);

  function waits(name: string, help: string, samples: RawBuilder<unknown>): void {
    new Gauge({
      name,
      help,
      labelNames: ['quantile'],
      registers: [registry],
      async collect() {
        this.reset();
        const { rows } = await sql<{ waits: number[] | null }>`
          select percentile_cont(${[...QUANTILES]}::double precision[]) within group (order by seconds) as waits
          from (${samples}) as sample`.execute(db);
        for (const [index, quantile] of QUANTILES.entries()) {
          const seconds = rows[0]?.waits?.[index];
          if (seconds !== undefined && seconds !== null) this.set({ quantile: String(quantile) }, seconds);
        }
      },
    });
  }

  function gauge(name: string, help: string, table: Counted): void {
    new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers: [registry],
      async collect() {
        this.reset();
        const rows = await db
          .selectFrom(table)
          .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
          .groupBy('state')
          .execute();
        for (const row of rows) this.set({ state: row.state }, row.count);
      },
    });
  }

  return {
    registry,
    stored: (source) => stored.inc({ source }),
    refused: (reason) => refused.inc({ reason }),
    scrubbed(files, bytes) {
      scrubbedFiles.inc(files);
      scrubbedBytes.inc(bytes);
    },
  };
}
