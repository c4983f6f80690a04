import { QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError, call } from './client.ts';
import type {
  Alerts,
  Deliveries,
  EnhancementList,
  EnhancementMethods,
  ExpectedStudies,
  PatientChanges,
  QualityList,
  ReaderStudies,
  ReaderStudyNext,
  Routes,
  RouteVersionDetail,
  Session,
  StudyCounts,
  StudyDetail,
  StudyPriors,
  SystemInfo,
  VolumeList,
  Worklist,
} from './generated/api.ts';

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        // A refusal will not change by asking again; a node that is away may come back.
        retry: (count, error) =>
          count < 3 && !(error instanceof ApiError && error.status !== 0 && error.status < 500),
      },
    },
  });
}

export const keys = {
  session: ['session'],
  system: ['system'],
  routes: ['routes'],
  routeVersion: (id: number) => ['routes', id],
  worklist: ['worklist'],
  deadLetters: ['dead-letters'],
  patientChanges: ['patient-changes'],
  quality: ['quality'],
  alerts: ['alerts'],
  expected: ['expected'],
  readerStudies: ['reader-studies'],
  readerStudy: (name: string) => ['reader-studies', name],
  study: (studyUid: string) => ['study', studyUid],
  counts: (studyUid: string) => ['study', studyUid, 'counts'],
  priors: (studyUid: string) => ['study', studyUid, 'priors'],
  enhancements: (studyUid: string) => ['study', studyUid, 'enhancements'],
  enhancementMethods: ['enhancement-methods'],
  volumes: (studyUid: string) => ['volumes', studyUid],
} as const;

/** Null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async () => {
    try {
      return await call<Session>('GET', 'session');
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
});

export const systemQuery = queryOptions({
  queryKey: keys.system,
  queryFn: () => call<SystemInfo>('GET', 'system'),
  staleTime: 5 * 60_000,
});

/** The same, asked for again while the page is open: the checks are of now. */
export const checksQuery = queryOptions({ ...systemQuery, staleTime: 0, refetchInterval: 15_000 });

export const alertsQuery = queryOptions({
  queryKey: keys.alerts,
  queryFn: () => call<Alerts>('GET', 'alerts'),
  staleTime: 0,
  refetchInterval: 15_000,
});

/** Others look at it too, and runs add to it. */
export const qualityQuery = queryOptions({
  queryKey: keys.quality,
  queryFn: () => call<QualityList>('GET', 'quality'),
  staleTime: 0,
  refetchInterval: 30_000,
});

export const readerStudiesQuery = queryOptions({
  queryKey: keys.readerStudies,
  queryFn: () => call<ReaderStudies>('GET', 'reader-studies'),
  staleTime: 0,
});

export const readerStudyQuery = (name: string) =>
  queryOptions({
    queryKey: keys.readerStudy(name),
    queryFn: () => call<ReaderStudyNext>('GET', `reader-studies/${name}/next`),
    staleTime: 0,
  });

/** Undo or a new message changes them; the node says nothing of either by itself. */
export const patientChangesQuery = queryOptions({
  queryKey: keys.patientChanges,
  queryFn: () => call<PatientChanges>('GET', 'patient-changes'),
  staleTime: 0,
});

export const worklistQuery = queryOptions({
  queryKey: keys.worklist,
  queryFn: () => call<Worklist>('GET', 'worklist'),
});

export const expectedQuery = queryOptions({
  queryKey: keys.expected,
  queryFn: () => call<ExpectedStudies>('GET', 'orders/expected'),
});

export function studyQuery(studyUid: string) {
  return queryOptions({
    queryKey: keys.study(studyUid),
    queryFn: () => call<StudyDetail>('GET', `studies/${studyUid}`),
  });
}

export function countsQuery(studyUid: string) {
  return queryOptions({
    queryKey: keys.counts(studyUid),
    queryFn: () => call<StudyCounts>('GET', `studies/${studyUid}/counts`),
  });
}

export function priorsQuery(studyUid: string) {
  return queryOptions({
    queryKey: keys.priors(studyUid),
    queryFn: () => call<StudyPriors>('GET', `studies/${studyUid}/priors`),
  });
}

/** Layers of a study; while one is on its way it is asked for again. */
export function enhancementsQuery(studyUid: string) {
  return queryOptions({
    queryKey: keys.enhancements(studyUid),
    queryFn: () => call<EnhancementList>('GET', `studies/${studyUid}/enhancements`),
    refetchInterval: ({ state }) =>
      state.data?.enhancements.some((one) => one.state === 'queued' || one.state === 'running')
        ? 1000
        : false,
  });
}

export const enhancementMethodsQuery = queryOptions({
  queryKey: keys.enhancementMethods,
  queryFn: () => call<EnhancementMethods>('GET', 'enhancement-methods'),
});

export function volumesQuery(studyUid: string) {
  return queryOptions({
    queryKey: keys.volumes(studyUid),
    queryFn: () => call<VolumeList>('GET', `studies/${studyUid}/volumes`),
  });
}

/** Deliveries that failed and wait for a person. */
export const deadLettersQuery = queryOptions({
  queryKey: keys.deadLetters,
  queryFn: () => call<Deliveries>('GET', 'deliveries?state=failed&limit=200'),
});

export const routesQuery = queryOptions({
  queryKey: keys.routes,
  queryFn: () => call<Routes>('GET', 'routes'),
});

export function routeVersionQuery(id: number) {
  return queryOptions({
    queryKey: keys.routeVersion(id),
    queryFn: () => call<RouteVersionDetail>('GET', `routes/versions/${id}`),
  });
}
