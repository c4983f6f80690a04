import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  askForEnhancement,
  dropEnhancement,
  keepEnhancement,
  listEnhancements,
  offeredMethods,
} from '../enhancements/index.ts';
import type { NodeContext } from '../node/context.ts';
import { layerVolume } from '../studies/volumes/index.ts';
import type { Authentication } from './authentication.ts';
import {
  type EnhancementList,
  type EnhancementMethods,
  EnhancementRequest,
  Uid,
  type VolumeGeometry,
} from './contract.ts';
import { notFound } from './errors.ts';
import { sendFile } from './file-reply.ts';

type Params = { Params: { id: string } };
const RunId = z.string().regex(/^[0-9a-f]{32}$/);

/** Enhancement while reading: ask, watch (by the events of the run), look, keep or drop. */
export function enhancementRoutes(
  app: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
): void {
  const { db, layers, log } = context;
  const volumeOf = async (id: string) => {
    const files = await layers.files(RunId.parse(id), 'enhanced');
    if (files.length === 0) throw notFound('layer');
    return layerVolume(context.volumes, id, files);
  };

  app.get('/api/enhancement-methods', async (request): Promise<EnhancementMethods> => {
    await authentication.require(request, 'read', 'study');
    return offeredMethods(db);
  });

  app.get<{ Params: { uid: string } }>(
    '/api/studies/:uid/enhancements',
    async (request): Promise<EnhancementList> => {
      await authentication.require(request, 'read', 'study');
      return { enhancements: await listEnhancements(db, Uid.parse(request.params.uid)) };
    },
  );

  app.post<{ Params: { uid: string } }>(
    '/api/studies/:uid/enhancements',
    { bodyLimit: 16_384 },
    async (request, reply) => {
      const { user } = await authentication.require(request, 'decide', 'run');
      const wanted = EnhancementRequest.parse(request.body);
      const uid = Uid.parse(request.params.uid);
      const runId = await askForEnhancement({ ...context, now: () => new Date() }, uid, wanted, user);
      return reply.status(202).send({ runId });
    },
  );

  app.get<Params>('/api/enhancements/:id/geometry', async (request, reply): Promise<VolumeGeometry> => {
    await authentication.require(request, 'read', 'instance');
    const { geometry } = await volumeOf(request.params.id);
    void reply.header('Cache-Control', 'no-cache');
    return geometry;
  });

  app.get<Params>('/api/enhancements/:id/voxels', async (request, reply) => {
    await authentication.require(request, 'read', 'instance');
    const { geometry, folder } = await volumeOf(request.params.id);
    return sendFile(request, reply, log, path.join(folder, 'voxels.bin'), geometry.etag);
  });

  app.post<Params>('/api/enhancements/:id/keep', async (request, reply) => {
    const { user } = await authentication.require(request, 'decide', 'run');
    await keepEnhancement(context, RunId.parse(request.params.id), `user:${user.id}`);
    return reply.status(204).send();
  });

  app.delete<Params>('/api/enhancements/:id', async (request, reply) => {
    const { user } = await authentication.require(request, 'decide', 'run');
    await dropEnhancement(context, RunId.parse(request.params.id), `user:${user.id}`);
    return reply.status(204).send();
  });
}
