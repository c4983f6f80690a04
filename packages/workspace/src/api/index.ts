export { ApiError, call, download } from './client.ts';
export { type Liveness, listen, useLiveness } from './events.ts';
export type * from './generated/api.ts';
export {
  alertsQuery,
  checksQuery,
  countsQuery,
  createQueryClient,
  deadLettersQuery,
  enhancementMethodsQuery,
  enhancementsQuery,
  expectedQuery,
  keys,
  patientChangesQuery,
  priorsQuery,
  qualityQuery,
  readerStudiesQuery,
  readerStudyQuery,
  routesQuery,
  routeVersionQuery,
  sessionQuery,
  studyQuery,
  systemQuery,
  volumesQuery,
  worklistQuery,
} from './queries.ts';
