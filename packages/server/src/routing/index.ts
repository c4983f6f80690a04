export { decideRoute, type RouteDecision } from './decide.ts';
export { modalitiesOf, type Trace } from './evaluate.ts';
export {
  type FactsNeeded,
  type InstanceFacts,
  instanceFacts,
  type OrderOfStudy,
  type SeriesFacts,
  type SourceFacts,
  type StudyFacts,
} from './facts.ts';
export { type DiffLine, lineDiff } from './line-diff.ts';
export { factsNeeded } from './needs.ts';
export { openRouteStore, type RouteStore, type RouteVersion } from './route-store.ts';
export { isWithin } from './time.ts';
