import {
  type EnhancementParameters,
  enhancement,
  type Pipeline,
  type PlannedSeries,
  planEnhancement,
  readInstances,
} from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';
import type { Database } from '../database/index.ts';
import type { RouteDecision } from '../routing/index.ts';
import { studyInput } from './input.ts';
import { settleSite } from './queue-run.ts';

/** What the routes that a study takes would enhance, and why, by their names; with the models that serve it now. */
export async function planEnhancements(
  { db, archive }: { readonly db: Database; readonly archive: Archive },
  studyInstanceUid: string,
  decisions: readonly RouteDecision[],
): Promise<Map<string, PlannedSeries[]>> {
  const plans = new Map<string, PlannedSeries[]>();
  for (const { route, matches, chosen } of decisions) {
    if (!matches || route.run?.pipeline !== enhancement.name) continue;
    const whole = await studyInput(db, archive, studyInstanceUid);
    const series = new Set(chosen.map(({ seriesInstanceUid }) => seriesInstanceUid));
    const input = { ...whole, instances: whole.instances.filter((one) => series.has(one.seriesInstanceUid)) };
    const parameters = enhancement.parameters.parse(route.run.parameters);
    const settled = await settleSite(db, enhancement as Pipeline, parameters, input, route.phase);
    const { signal } = new AbortController();
    plans.set(
      route.name,
      await planEnhancement(readInstances(input), settled as EnhancementParameters, signal),
    );
  }
  return plans;
}
