import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { NodeContext } from '../node/context.ts';
import { acknowledgeAlert, listAlerts } from '../operations/index.ts';
import type { Authentication } from './authentication.ts';
import type { Alerts } from './contract.ts';

const AlertId = z.coerce.number().int().min(1);

/** What is wrong, or was: for those who keep the node running. */
export function alertRoutes(app: FastifyInstance, { db }: NodeContext, authentication: Authentication): void {
  app.get('/api/alerts', async (request): Promise<Alerts> => {
    await authentication.require(request, 'read', 'delivery');
    return { alerts: await listAlerts(db) };
  });

  app.post<{ Params: { id: string } }>('/api/alerts/:id/acknowledge', async (request): Promise<Alerts> => {
    const { user } = await authentication.require(request, 'manage', 'delivery');
    await acknowledgeAlert(db, AlertId.parse(request.params.id), user.id);
    return { alerts: await listAlerts(db) };
  });
}
