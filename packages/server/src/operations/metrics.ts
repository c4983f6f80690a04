import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Database } from '../database/index.ts';

/** Tables whose rows have a state. */
type Counted = 'run' | 'outbox' | 'study' | 'commitment_asked' | 'commitment_given';

export interface Metrics {
  readonly registry: Registry;
  stored(sourceKind: string): void;
  refused(reason: string): void;
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
  gauge('photopeak_runs', 'Runs by state', 'run');
  gauge('photopeak_deliveries', 'Instances owed to destinations by state', 'outbox');
  gauge('photopeak_studies', 'Studies by state', 'study');
  gauge(
    'photopeak_commitments_asked',
    'Storage commitment asked of destinations by state',
    'commitment_asked',
  );
  gauge('photopeak_commitments_given', 'Storage commitment asked of this node by state', 'commitment_given');

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
  };
}
