import { uidFrom } from '@photopeak/dicom';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { NodeContext } from '../node/context.ts';
import { type OutsideWork, outputsOf, outsideWorkItem, type WorkItemOutput } from '../work-items/index.ts';
import type { Authentication } from './authentication.ts';
import { Uid } from './contract.ts';
import { notFound } from './errors.ts';

/** POST /api/studies/:uid/work-items: work for a performer outside, with the study as its input. */
const NewWorkItem = z.strictObject({
  label: z.string().min(1).max(64),
  worklist: z.string().min(1).max(64).default('Photopeak'),
  priority: z.enum(['HIGH', 'MEDIUM', 'LOW']).default('MEDIUM'),
  /** Scheduled Workitem Code, CID 9231 by default. */
  code: z
    .strictObject({
      value: z.string().min(1).max(16),
      scheme: z.string().min(1).max(16),
      meaning: z.string().min(1).max(64),
    })
    .default({ value: '110001', scheme: 'DCM', meaning: 'Image Processing' }),
  series: z.array(Uid).max(1000).default([]),
});

interface WorkItemView {
  readonly uid: string;
  readonly state: string;
  /** The run that the item shows; null for work of others. */
  readonly runId: string | null;
  readonly outputs: readonly WorkItemOutput[];
}

type Params = { Params: { uid: string } };

export function workItemRoutes(
  app: FastifyInstance,
  { db, workItems }: NodeContext,
  authentication: Authentication,
): void {
  app.post<Params>('/api/studies/:uid/work-items', { bodyLimit: 131_072 }, async (request, reply) => {
    const { user } = await authentication.require(request, 'create', 'run');
    const work: OutsideWork = NewWorkItem.parse(request.body);
    const attributes = await outsideWorkItem(db, Uid.parse(request.params.uid), work, new Date());
    if (attributes === undefined) throw notFound('study or series');
    const newUid = () => uidFrom('work item by request', crypto.randomUUID());
    const { uid } = await workItems.create(attributes, undefined, `user:${user.id}`, newUid);
    return reply.status(201).send({ uid });
  });

  app.get<Params>('/api/work-items/:uid', async (request): Promise<WorkItemView> => {
    await authentication.require(request, 'read', 'run');
    const item = await workItems.find(Uid.parse(request.params.uid));
    if (item === undefined) throw notFound('work item');
    const { uid, state, runId } = item;
    return { uid, state, runId, outputs: await outputsOf(db, item) };
  });
}
