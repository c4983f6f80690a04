import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { NodeContext } from '../node/context.ts';
import { enhancementsLast, isNoLayer, runDetail, seriesEntries } from '../studies/index.ts';
import { runDeformation, runLabels, seriesVolume } from '../studies/volumes/index.ts';
import type { Authentication } from './authentication.ts';
import {
  type DeformationGrid,
  type LabelMap,
  Uid,
  type VolumeGeometry,
  type VolumeList,
} from './contract.ts';
import { notFound } from './errors.ts';
import { sendFile } from './file-reply.ts';

type VolumeParams = { Params: { studyUid: string; seriesUid: string } };
type RunParams = { Params: { id: string }; Querystring: { kind?: string } };

/** Modalities whose series may be volumes; others are not offered. */
const VOLUME_MODALITIES = new Set(['CT', 'PT', 'MR', 'NM']);
const Kind = z.enum(['lesions', 'physiological']).default('lesions');

export function volumeRoutes(
  app: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
): void {
  const { db, volumes, log } = context;
  const find = ({ studyUid, seriesUid }: VolumeParams['Params']) =>
    seriesVolume(volumes, Uid.parse(studyUid), Uid.parse(seriesUid));

  app.get<{ Params: { uid: string } }>('/api/studies/:uid/volumes', async (request): Promise<VolumeList> => {
    await authentication.require(request, 'read', 'study');
    const uid = Uid.parse(request.params.uid);
    const newest = await db
      .selectFrom('run')
      .select('id')
      .where('study_instance_uid', '=', uid)
      .where(isNoLayer)
      .orderBy(enhancementsLast)
      .orderBy('queued_at', 'desc')
      .executeTakeFirst();
    const run = newest && (await runDetail(db, newest.id));
    const series = await seriesEntries(db, uid, run?.summary);
    if (series.length === 0) throw notFound('study');
    return {
      volumes: series
        .filter((entry) => VOLUME_MODALITIES.has(entry.modality) && entry.count > 0)
        .map((entry) => ({
          seriesInstanceUid: entry.seriesInstanceUid,
          modality: entry.modality,
          description: entry.description,
          role: entry.role,
          instanceCount: entry.count,
          geometryHref: `/api/volumes/${uid}/${entry.seriesInstanceUid}/geometry`,
        })),
    };
  });

  app.get<VolumeParams>(
    '/api/volumes/:studyUid/:seriesUid/geometry',
    async (request, reply): Promise<VolumeGeometry> => {
      await authentication.require(request, 'read', 'instance');
      const { geometry } = await find(request.params);
      void reply.header('Cache-Control', 'no-cache');
      return geometry;
    },
  );

  app.get<VolumeParams>('/api/volumes/:studyUid/:seriesUid/voxels', async (request, reply) => {
    await authentication.require(request, 'read', 'instance');
    const { geometry, folder } = await find(request.params);
    return sendFile(request, reply, log, path.join(folder, 'voxels.bin'), geometry.etag);
  });

  app.get<VolumeParams>('/api/volumes/:studyUid/:seriesUid/preview', async (request, reply) => {
    await authentication.require(request, 'read', 'instance');
    const { geometry, folder } = await find(request.params);
    if (geometry.preview === null) throw notFound('preview');
    return sendFile(request, reply, log, path.join(folder, 'preview.bin'), `${geometry.etag}-preview`);
  });

  app.get<RunParams>('/api/runs/:id/labels/geometry', async (request, reply): Promise<LabelMap> => {
    await authentication.require(request, 'read', 'run');
    const { labels } = await runLabels(volumes, request.params.id, Kind.parse(request.query.kind));
    void reply.header('Cache-Control', 'no-cache');
    return labels;
  });

  app.get<RunParams>('/api/runs/:id/labels/voxels', async (request, reply) => {
    await authentication.require(request, 'read', 'run');
    const { labels, folder } = await runLabels(volumes, request.params.id, Kind.parse(request.query.kind));
    return sendFile(request, reply, log, path.join(folder, 'voxels.bin'), labels.etag);
  });

  app.get<RunParams>(
    '/api/runs/:id/deformation/geometry',
    async (request, reply): Promise<DeformationGrid> => {
      await authentication.require(request, 'read', 'run');
      const { deformation } = await runDeformation(volumes, request.params.id);
      void reply.header('Cache-Control', 'no-cache');
      return deformation;
    },
  );

  app.get<RunParams>('/api/runs/:id/deformation/vectors', async (request, reply) => {
    await authentication.require(request, 'read', 'run');
    const { deformation, folder } = await runDeformation(volumes, request.params.id);
    return sendFile(request, reply, log, path.join(folder, 'vectors.bin'), deformation.etag);
  });
}
