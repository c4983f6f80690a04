import type { Readable } from 'node:stream';
import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  multipartType,
  type StoreResult,
  storeAnswer,
  storeComposed,
  storeParts,
  storeSingle,
} from '../../intake/dicomweb/index.ts';
import type { IntakeSession } from '../../intake/sink.ts';
import type { NodeContext } from '../../node/context.ts';
import type { Authentication } from '../authentication.ts';
import { Uid } from '../contract.ts';

type StoreForm = (
  session: IntakeSession,
  body: Readable,
  study: string | undefined,
) => Promise<StoreResult[]>;

/** How a request of this content type is read (PS3.18 §10.5.1); undefined for those that are not taken. */
function storeForm(contentType: string): StoreForm | undefined {
  if (/^\s*application\/dicom\s*(;|$)/i.test(contentType)) return storeSingle;
  const multipart = multipartType(contentType);
  if (multipart === undefined) return undefined;
  const { type, boundary } = multipart;
  if (type === '' || type === 'application/dicom') {
    return (session, body, study) => storeParts(session, body, boundary, study);
  }
  if (type === 'application/dicom+json') {
    return (session, body, study) => storeComposed(session, body, boundary, study);
  }
  return undefined;
}

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
    const form = storeForm(request.headers['content-type'] ?? '');
    if (form === undefined) {
      return reply.status(415).send({
        error: {
          code: 'STOW_MEDIA_TYPE',
          message: 'STOW-RS does not take this media type',
          expected:
            'multipart/related; type="application/dicom" or type="application/dicom+json" with a boundary, or application/dicom',
          found: (request.headers['content-type'] ?? 'none').slice(0, 200),
        },
      });
    }
    const study = request.params.study === undefined ? undefined : Uid.parse(request.params.study);
    const session = sink.open({ kind: 'dicomweb', address: request.ip, user: user.id });
    try {
      const results = await form(session, request.body as Readable, study);
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

  const refuseDelete = async (request: StoreRequest, reply: FastifyReply) => {
    await authentication.require(request, 'create', 'instance');
    return reply
      .status(405)
      .header('Allow', 'GET, HEAD, POST')
      .send({
        error: {
          code: 'DELETE_NOT_OFFERED',
          message: 'this node does not delete images on request: originals and results are kept as they came',
          remedy: 'delete them in the PACS; an administrator removes a study from this node by its retention',
        },
      });
  };
  for (const url of ['', '/series/:series', '/series/:series/instances/:instance']) {
    app.delete(`/dicom-web/studies/:study${url}`, refuseDelete);
  }
}
