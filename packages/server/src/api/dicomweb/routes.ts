import type { Readable } from 'node:stream';
import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { multipartType, storeAnswer, storeParts } from '../../intake/dicomweb/index.ts';
import type { NodeContext } from '../../node/context.ts';
import type { Authentication } from '../authentication.ts';
import { Uid } from '../contract.ts';
import { type QueryLevel, query } from './query.ts';
import { retrieveRoutes } from './retrieve-routes.ts';

const ROOT = '/dicom-web';

type Parameters = {
  Params: { study?: string; series?: string };
  Querystring: Record<string, string | string[]>;
};

/** DICOMweb (PS3.18) at /dicom-web: QIDO-RS, WADO-RS, STOW-RS, with the session of the browser or a bearer token. */
export async function dicomwebRoutes(
  parent: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
): Promise<void> {
  const { db, configuration, sink } = context;
  const baseUrl = (request: FastifyRequest) =>
    `${configuration.http.publicUrl?.replace(/\/$/, '') ?? `${request.protocol}://${request.host}`}${ROOT}`;

  await parent.register(async (app) => {
    // Bodies stream straight into the archive, which has its own limits.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

    const search =
      (level: QueryLevel) => async (request: FastifyRequest<Parameters>, reply: FastifyReply) => {
        await authentication.require(request, 'read', 'instance');
        const { study, series } = request.params;
        const scope = {
          study: study === undefined ? undefined : Uid.parse(study),
          series: series === undefined ? undefined : Uid.parse(series),
        };
        const base = baseUrl(request);
        const { matches, more } = await query(db, level, scope, request.query, (path) => `${base}/${path}`);
        if (more)
          reply.header('Warning', '299 photopeak "There are additional results that can be requested"');
        if (matches.length === 0) return reply.status(204).send();
        return reply.header('Content-Type', 'application/dicom+json').send(JSON.stringify(matches));
      };
    app.get<Parameters>(`${ROOT}/studies`, search('studies'));
    app.get<Parameters>(`${ROOT}/series`, search('series'));
    app.get<Parameters>(`${ROOT}/instances`, search('instances'));
    app.get<Parameters>(`${ROOT}/studies/:study/series`, search('series'));
    app.get<Parameters>(`${ROOT}/studies/:study/instances`, search('instances'));
    app.get<Parameters>(`${ROOT}/studies/:study/series/:series/instances`, search('instances'));
    retrieveRoutes(app, context, authentication, baseUrl);

    const store = async (request: FastifyRequest<Parameters>, reply: FastifyReply) => {
      const { user } = await authentication.require(request, 'create', 'instance');
      const type = multipartType(request.headers['content-type'] ?? '');
      if (type === undefined || (type.type !== '' && type.type !== 'application/dicom')) {
        return reply.status(415).send({
          error: {
            code: 'STOW_MEDIA_TYPE',
            message: 'STOW-RS takes multipart/related; type="application/dicom" with a boundary',
            found: request.headers['content-type'] ?? 'none',
          },
        });
      }
      const study = request.params.study === undefined ? undefined : Uid.parse(request.params.study);
      const session = sink.open({ kind: 'dicomweb', address: request.ip, user: user.id });
      try {
        const results = await storeParts(session, request.body as Readable, type.boundary, study);
        await session.close('complete');
        const base = baseUrl(request);
        const answer = storeAnswer(results, (path) => `${base}/${path}`);
        if (results.length === 0) {
          throw new PhotopeakError('the request has no part', {
            code: 'HTTP_INPUT',
            expected: 'at least one instance',
          });
        }
        return reply
          .status(answer.status)
          .header('Content-Type', 'application/dicom+json')
          .send(JSON.stringify(answer.body));
      } catch (error) {
        await session.close('aborted');
        throw error;
      }
    };
    app.post<Parameters>(`${ROOT}/studies`, store);
    app.post<Parameters>(`${ROOT}/studies/:study`, store);
  });
}
