import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { listMessages, retryMessages } from '../delivery/messages/index.ts';
import type { NodeContext } from '../node/context.ts';
import { expectedStudies, studyContext } from '../orders/index.ts';
import { listPatientChanges, undoPatientChange } from '../patients/index.ts';
import type { Authentication } from './authentication.ts';
import {
  type ExpectedStudies,
  type OwedMessages,
  type PatientChanges,
  type StudyContext,
  Uid,
} from './contract.ts';
import { notFound } from './errors.ts';

const ChangeId = z.coerce.number().int().min(1);

/** What the hospital's systems told: expected studies, reasons, reports of others, merges of patients. */
export function orderRoutes(app: FastifyInstance, { db }: NodeContext, authentication: Authentication): void {
  app.get('/api/orders/expected', async (request): Promise<ExpectedStudies> => {
    await authentication.require(request, 'read', 'study');
    return expectedStudies(db);
  });

  app.get<{ Params: { uid: string } }>(
    '/api/studies/:uid/context',
    async (request): Promise<StudyContext> => {
      await authentication.require(request, 'read', 'study');
      const context = await studyContext(db, Uid.parse(request.params.uid));
      if (context === undefined) throw notFound('study');
      return context;
    },
  );

  app.get('/api/patient-changes', async (request): Promise<PatientChanges> => {
    await authentication.require(request, 'manage', 'patient');
    return { changes: await listPatientChanges(db) };
  });

  app.post<{ Params: { id: string } }>('/api/patient-changes/:id/undo', async (request) => {
    const { user } = await authentication.require(request, 'manage', 'patient');
    const studyInstanceUids = await undoPatientChange(db, ChangeId.parse(request.params.id), user.id);
    return { studyInstanceUids };
  });

  /** Messages that are owed to other systems, without what they say; the newest first. */
  app.get('/api/messages', async (request): Promise<OwedMessages> => {
    await authentication.require(request, 'read', 'delivery');
    return { messages: await listMessages(db) };
  });

  app.post<{ Params: { destination: string } }>(
    '/api/messages/:destination/retry',
    async (request, reply) => {
      await authentication.require(request, 'manage', 'delivery');
      await retryMessages(db, request.params.destination);
      return reply.status(202).send({});
    },
  );
}
