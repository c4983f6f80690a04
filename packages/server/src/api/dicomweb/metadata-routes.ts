import type { FastifyInstance, FastifyRequest } from 'fastify';
import { addressed } from '../../archive/index.ts';
import type { NodeContext } from '../../node/context.ts';
import { Uid } from '../contract.ts';
import { notFound } from '../errors.ts';
import {
  INSTANCE_URL,
  type InstanceAccess,
  type InstanceHandler,
  type InstancePath,
  SERIES_URL,
  STUDY_URL,
} from './instances.ts';
import { datasetFormat, sendDatasets } from './representation.ts';

/** WADO-RS metadata (PS3.18 §10.4.1.1.2), from what is kept ready. */
export function metadataRoutes(
  app: FastifyInstance,
  context: NodeContext,
  access: InstanceAccess,
  baseUrl: (request: FastifyRequest) => string,
): void {
  const metadata: InstanceHandler = async (request, reply) => {
    await access.allow(request);
    const format = datasetFormat(request);
    const { study, series, instance } = request.params;
    const rows = await context.metadata.read({
      study: Uid.parse(study),
      series: series === undefined ? undefined : Uid.parse(series),
      instance: instance === undefined ? undefined : Uid.parse(instance),
    });
    if (rows.length === 0)
      throw notFound(instance !== undefined ? 'instance' : series !== undefined ? 'series' : 'study');
    const base = baseUrl(request);
    const texts = rows.map((row) =>
      addressed(
        row.json,
        `${base}/studies/${row.study_instance_uid}/series/${row.series_instance_uid}/instances/${row.sop_instance_uid}`,
      ),
    );
    return sendDatasets(reply, context.log, format, texts);
  };
  for (const url of [STUDY_URL, SERIES_URL, INSTANCE_URL]) {
    app.get<{ Params: InstancePath }>(`${url}/metadata`, metadata);
  }
}
