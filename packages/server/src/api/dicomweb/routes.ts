import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { NodeContext } from '../../node/context.ts';
import type { Authentication } from '../authentication.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { commitmentRoutes } from './commitment-routes.ts';
import { frameRoutes } from './frame-routes.ts';
import { instanceAccess } from './instances.ts';
import { metadataRoutes } from './metadata-routes.ts';
import { createPixelSources } from './pixel-source.ts';
import { renderedRoutes } from './rendered-routes.ts';
import { retrieveRoutes } from './retrieve-routes.ts';
import { searchRoutes } from './search-routes.ts';
import { storeRoutes } from './store-routes.ts';
import { subscriberChannel } from './subscriber-channel.ts';
import { workItemRoutes } from './work-item-routes.ts';

const ROOT = '/dicom-web';
/** Subscribers only listen. */
const LARGEST_MESSAGE = 4_096;

/** DICOMweb (PS3.18) at /dicom-web: QIDO-RS, WADO-RS, STOW-RS, UPS-RS, with the session of the browser or a bearer token. */
export async function dicomwebRoutes(
  parent: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
): Promise<void> {
  const baseUrl = (request: FastifyRequest) =>
    `${context.configuration.http.publicUrl?.replace(/\/$/, '') ?? `${request.protocol}://${request.host}`}${ROOT}`;

  await parent.register(async (app) => {
    await app.register(websocket, { options: { maxPayload: LARGEST_MESSAGE } });
    // Bodies stream straight into the archive, which has its own limits.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    const access = instanceAccess(context, authentication);
    const open = createPixelSources();
    searchRoutes(app, context, authentication, baseUrl);
    retrieveRoutes(app, context, access);
    metadataRoutes(app, context, access, baseUrl);
    frameRoutes(app, context, access, open);
    bulkRoutes(app, context, access);
    renderedRoutes(app, context, access, open);
    storeRoutes(app, context, authentication, baseUrl);
    workItemRoutes(app, context, authentication, baseUrl);
    commitmentRoutes(app, context, authentication);
    subscriberChannel(app, context, authentication);
  });
}
