export { ApiError, call, download } from './client.ts';
export { type Liveness, listen, useLiveness } from './events.ts';
export type * from './generated/api.ts';
export {
  createQueryClient,
  expectedQuery,
  keys,
  routesQuery,
  routeVersionQuery,
  sessionQuery,
  studyQuery,
  systemQuery,
  volumesQuery,
  worklistQuery,
} from './queries.ts';
