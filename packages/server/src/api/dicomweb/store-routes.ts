import type { Readable } from 'node:stream';
import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { multipartType, storeAnswer, storeParts } from '../../intake/dicomweb/index.ts';
import type { NodeContext } from '../../node/context.ts';
import type { Authentication } from '../authentication.ts';
import { Uid } from '../contract.ts';

type StoreRequest = FastifyRequest<{ Params: { study?: string } }>;

/** STOW-RS (PS3.18 §10.5). */
export function storeRoutes(
  app: FastifyInstance,
  { sink }: NodeContext,
  authentication: Authentication,
  baseUrl: (request: FastifyRequest) => string,
): void {
  const store = async (request: StoreRequest, reply: FastifyReply) => {
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
  app.post('/dicom-web/studies', store);
  app.post('/dicom-web/studies/:study', store);
}
