import { sql } from 'kysely';
import type { Database } from '../../database/index.ts';
import { isNoLayer } from '../reading-order.ts';

/** What is not as it should be of a study. */
export interface Shortfall {
  readonly missing: number;
  readonly failedRuns: readonly { readonly pipeline: string; readonly route: string }[];
  readonly failedDeliveries: readonly { readonly destination: string; readonly failed: number }[];
}

/** `1 instance`, `2 instances`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The differences between announced, received, processed and delivered, in words. */
export function differencesOf({ missing, failedRuns, failedDeliveries }: Shortfall): string[] {
  return [
    ...(missing > 0 ? [`${counted(missing, 'announced instance')} not here`] : []),
    ...failedRuns.map(({ route, pipeline }) => `the run of ${pipeline} by route ${route} failed`),
    ...failedDeliveries
      .filter(({ failed }) => failed > 0)
      .map(({ destination, failed }) => `${counted(failed, 'instance')} not delivered to ${destination}`),
  ];
}

/** The differences of many studies at once, by Study Instance UID; those without one are left out. */
export async function differencesOfStudies(
  db: Database,
  studies: readonly { readonly study_instance_uid: string; readonly missing_instances: number }[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const uids = sql<string>`any(${studies.map((study) => study.study_instance_uid)}::text[])`;
  const runs = await db
    .selectFrom('run')
    .select(['study_instance_uid', 'pipeline', 'route'])
    .where('state', '=', 'failed')
    .where('study_instance_uid', '=', uids)
    .where(isNoLayer)
    .execute();
  const deliveries = await db
    .selectFrom('outbox')
    .select((eb) => ['study_instance_uid', 'destination', eb.fn.countAll<number>().as('failed')])
    .where('state', '=', 'failed')
    .where('study_instance_uid', '=', uids)
    .groupBy(['study_instance_uid', 'destination'])
    .orderBy('destination')
    .execute();
  return new Map(
    studies.flatMap(({ study_instance_uid: uid, missing_instances: missing }) => {
      const isOf = (row: { readonly study_instance_uid: string }) => row.study_instance_uid === uid;
      const differences = differencesOf({
        missing,
        failedRuns: runs.filter(isOf),
        failedDeliveries: deliveries.filter(isOf),
      });
      return differences.length === 0 ? [] : [[uid, differences] as const];
    }),
  );
}
