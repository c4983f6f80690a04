export { decideRoute, type RouteDecision } from './decide.ts';
export { type DiffLine, lineDiff } from './line-diff.ts';
export { factsNeeded } from './needs.ts';
export { openRouteStore, type RouteStore, type RouteVersion } from './route-store.ts';
