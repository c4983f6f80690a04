export { decideRoute, type RouteDecision, type StudyFacts } from './conditions.ts';
