import { type FactsNeeded, factsNeededBy } from '@photopeak/pipelines';
import type { RouteConfiguration } from '../config/index.ts';

/** What the conditions of these routes look at. */
export const factsNeeded = (routes: readonly Pick<RouteConfiguration, 'when' | 'choose'>[]): FactsNeeded =>
  factsNeededBy(routes.flatMap(({ when, choose }) => (choose === undefined ? [when] : [when, choose])));
