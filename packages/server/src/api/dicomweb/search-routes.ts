import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { NodeContext } from '../../node/context.ts';
import { type QueryLevel, type QueryParameters, query } from '../../query/index.ts';
import type { Authentication } from '../authentication.ts';
import { Uid } from '../contract.ts';
import { datasetFormat, sendDatasets } from './representation.ts';

type SearchRequest = FastifyRequest<{
  Params: { study?: string; series?: string };
  Querystring: QueryParameters;
}>;

const MORE = '299 photopeak "There are additional results that can be requested"';

/** QIDO-RS (PS3.18 §10.6) at all levels. */
export function searchRoutes(
  app: FastifyInstance,
  { db, metadata, log }: NodeContext,
  authentication: Authentication,
  baseUrl: (request: FastifyRequest) => string,
): void {
  const search = (level: QueryLevel) => async (request: SearchRequest, reply: FastifyReply) => {
    await authentication.require(request, 'read', 'instance');
    const format = datasetFormat(request);
    const { study, series } = request.params;
    const scope = {
      study: study === undefined ? undefined : Uid.parse(study),
      series: series === undefined ? undefined : Uid.parse(series),
    };
    const base = baseUrl(request);
    const url = (path: string) => `${base}/${path}`;
    const { matches, more } = await query(db, metadata, level, scope, request.query, url);
    if (more) void reply.header('Warning', MORE);
    if (matches.length === 0) return reply.status(204).send();
    return sendDatasets(
      reply,
      log,
      format,
      matches.map((match) => JSON.stringify(match)),
    );
  };
  const places: Readonly<Record<string, QueryLevel>> = {
    '/studies': 'studies',
    '/series': 'series',
    '/instances': 'instances',
    '/studies/:study/series': 'series',
    '/studies/:study/instances': 'instances',
    '/studies/:study/series/:series/instances': 'instances',
  };
  for (const [path, level] of Object.entries(places)) app.get(`/dicom-web${path}`, search(level));
}
