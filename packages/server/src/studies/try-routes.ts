import type { StudyFacts } from '@photopeak/pipelines';
import { type Archive, createMetadataStore } from '../archive/index.ts';
import type { RouteConfiguration } from '../config/index.ts';
import type { Database } from '../database/index.ts';
import { decideRoute, factsNeeded, type RouteDecision } from '../routing/index.ts';
import { studyFacts } from './facts.ts';

/**
 * What a study of a node would take, without changing anything.
 * @returns undefined where the node has no originals of it
 */
export async function tryRoutes(
  store: { readonly db: Database; readonly archive: Archive },
  studyInstanceUid: string,
  routes: readonly RouteConfiguration[],
  at: Date,
): Promise<{ readonly facts: StudyFacts; readonly decisions: readonly RouteDecision[] } | undefined> {
  const metadata = createMetadataStore(store.db, store.archive);
  const facts = await studyFacts({ db: store.db, metadata }, studyInstanceUid, factsNeeded(routes), at);
  if (facts.series.length === 0) return undefined;
  return { facts, decisions: routes.map((route) => decideRoute(route, facts)) };
}
