import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import type { NodeContext } from '../node/context.ts';
import { alertRoutes } from './alert-routes.ts';
import { createAuthentication } from './authentication.ts';
import { commitmentListRoutes } from './commitment-routes.ts';
import { dicomwebRoutes } from './dicomweb/routes.ts';
import { enhancementRoutes } from './enhancement-routes.ts';
import { errorHandler } from './errors.ts';
import { eventRoutes } from './event-routes.ts';
import { fhirRoutes } from './fhir/routes.ts';
import { addCommonHeaders } from './headers.ts';
import { orderRoutes } from './order-routes.ts';
import { qualityRoutes } from './quality-routes.ts';
import { readerStudyRoutes } from './reader-study-routes.ts';
import { limitRequests } from './request-limits.ts';
import { routingRoutes } from './routing-routes.ts';
import { runRoutes } from './run-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { endStalledBodies } from './stalled-bodies.ts';
import { studyRoutes } from './study-routes.ts';
import { systemRoutes } from './system-routes.ts';
import { volumeRoutes } from './volume-routes.ts';
import { workItemRoutes } from './work-item-routes.ts';

/** JSON bodies are decisions and passwords; images come by DICOMweb, which has its own limits. */
const LARGEST_BODY = 256 * 1024;

/** All HTTP faces of a node on one origin: API, DICOMweb, health, and the workspace's files. */
export async function buildApp(
  context: NodeContext,
  options: { readonly workspaceFolder?: string | undefined } = {},
): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: LARGEST_BODY,
    // Orthanc joins a root and a path with two slashes.
    routerOptions: { maxParamLength: 256, ignoreDuplicateSlashes: true },
    ...(context.configuration.http.trustedProxies.length === 0
      ? {}
      : { trustProxy: context.configuration.http.trustedProxies }),
    requestTimeout: 0,
    forceCloseConnections: true,
    logger: false,
  });
  app.setErrorHandler(errorHandler(context.log));
  endStalledBodies(app);
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  const anonymous = limitRequests(app, context.configuration, context.log);
  app.addHook('onSend', async (_, reply) => addCommonHeaders(reply));
  const authentication = createAuthentication(context.db, context.configuration, anonymous);
  sessionRoutes(app, context, authentication);
  studyRoutes(app, context, authentication);
  orderRoutes(app, context, authentication);
  fhirRoutes(app, context, authentication);
  runRoutes(app, context, authentication);
  enhancementRoutes(app, context, authentication);
  routingRoutes(app, context, authentication);
  eventRoutes(app, context, authentication);
  systemRoutes(app, context, authentication);
  commitmentListRoutes(app, context, authentication);
  alertRoutes(app, context, authentication);
  readerStudyRoutes(app, context, authentication);
  volumeRoutes(app, context, authentication);
  workItemRoutes(app, context, authentication);
  qualityRoutes(app, context, authentication);
  await dicomwebRoutes(app, context, authentication);
  await workspace(app, options.workspaceFolder);
  return app;
}

/** The built workspace; every path that is not a file is the application, which has its own router. */
async function workspace(app: FastifyInstance, folder: string | undefined): Promise<void> {
  if (folder === undefined) {
    app.setNotFoundHandler((_, reply) =>
      reply.status(404).send({ error: { code: 'HTTP_NOT_FOUND', message: 'not found' } }),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    wildcard: true,
    setHeaders(reply, file) {
      // Vite names assets by their hash.
      const cache = file.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
      reply.header('Cache-Control', cache);
    },
  });
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && !/^\/(api|dicom-web|fhir|metrics)(\/|$)/.test(request.url);
    if (isPage) return reply.header('Cache-Control', 'no-cache').sendFile('index.html');
    return reply.status(404).send({ error: { code: 'HTTP_NOT_FOUND', message: 'not found' } });
  });
}
