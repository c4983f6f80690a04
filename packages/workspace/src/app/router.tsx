import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { sessionQuery } from '../api/index.ts';
import { SignInPage } from '../signin/signin-page.tsx';
import { WorklistPage } from '../worklist/worklist-page.tsx';
import { PageError, PageMissing } from './page-error.tsx';
import { RootFrame, SignedInFrame } from './shell.tsx';

interface RouterContext {
  readonly client: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({
  component: RootFrame,
  errorComponent: PageError,
  notFoundComponent: PageMissing,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: (search: Record<string, unknown>): { token?: string; to?: string } => ({
    ...(typeof search.token === 'string' ? { token: search.token } : {}),
    ...(typeof search.to === 'string' ? { to: search.to } : {}),
  }),
  component: SignInPage,
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  component: SignedInFrame,
  beforeLoad: async ({ context, location }) => {
    // One-time links may also carry their token in the fragment, which no server log ever sees.
    const token = /(?:^|[#&])token=([^&]+)/.exec(window.location.hash)?.[1];
    if (token !== undefined) throw redirect({ to: '/signin', search: { token: decodeURIComponent(token) } });
    const session = await context.client.ensureQueryData(sessionQuery);
    if (session === null) throw redirect({ to: '/signin', search: { to: location.pathname } });
  },
});

const worklist = createRoute({ getParentRoute: () => signedIn, path: '/', component: WorklistPage });

/** The pictures come with the largest part of the program: only who reads a study loads it. */
const reading = createRoute({
  getParentRoute: () => signedIn,
  path: '/studies/$studyUid',
  component: lazyRouteComponent(() => import('../reading/reading-page.tsx'), 'ReadingPage'),
});

/** Only an administrator needs it. */
const routes = createRoute({
  getParentRoute: () => signedIn,
  path: '/routes',
  component: lazyRouteComponent(() => import('../routes/routes-page.tsx'), 'RoutesPage'),
});

/** Only an administrator needs it. */
const deliveries = createRoute({
  getParentRoute: () => signedIn,
  path: '/deliveries',
  component: lazyRouteComponent(() => import('../deliveries/deliveries-page.tsx'), 'DeliveriesPage'),
});

/** Only an administrator needs it. */
const patients = createRoute({
  getParentRoute: () => signedIn,
  path: '/patients',
  component: lazyRouteComponent(() => import('../patients/patients-page.tsx'), 'PatientsPage'),
});

/** For physicists and technologists. */
const quality = createRoute({
  getParentRoute: () => signedIn,
  path: '/quality',
  component: lazyRouteComponent(() => import('../quality/quality-page.tsx'), 'QualityPage'),
});

/** Only an administrator needs it. */
const system = createRoute({
  getParentRoute: () => signedIn,
  path: '/system',
  component: lazyRouteComponent(() => import('../system/system-page.tsx'), 'SystemPage'),
});

/** Only who takes part in one needs it. */
const readerStudies = createRoute({
  getParentRoute: () => signedIn,
  path: '/reader-studies',
  component: lazyRouteComponent(() => import('../reader-study/reader-study-page.tsx'), 'ReaderStudiesPage'),
});

const readerStudy = createRoute({
  getParentRoute: () => signedIn,
  path: '/reader-studies/$name',
  component: lazyRouteComponent(() => import('../reader-study/reader-study-page.tsx'), 'ReaderStudyPage'),
});

export function createAppRouter(client: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([
      signIn,
      signedIn.addChildren([
        worklist,
        reading,
        routes,
        deliveries,
        patients,
        quality,
        system,
        readerStudies,
        readerStudy,
      ]),
    ]),
    context: { client },
    defaultPreload: false,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
