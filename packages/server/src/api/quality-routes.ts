import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { NodeContext } from '../node/context.ts';
import { decideHeld, listQuality, scoreQuality } from '../quality/index.ts';
import type { Authentication } from './authentication.ts';
import { QualityDecisionInput, type QualityList, QualityScoreInput } from './contract.ts';

type Params = { Params: { id: string } };
const EntryId = z.string().regex(/^[0-9a-f]{32}-\d{1,4}$/);

/** The quality list: what is held back, flagged, or drawn to be looked at. */
export function qualityRoutes(
  app: FastifyInstance,
  { db, archive, configuration }: NodeContext,
  authentication: Authentication,
): void {
  app.get('/api/quality', async (request): Promise<QualityList> => {
    await authentication.require(request, 'read', 'quality');
    return listQuality(db);
  });

  app.post<Params>(
    '/api/quality/:id/decision',
    { bodyLimit: 4096 },
    async (request): Promise<QualityList> => {
      const { user } = await authentication.require(request, 'decide', 'quality');
      const input = QualityDecisionInput.parse(request.body);
      const { deliverResearch } = configuration.models;
      await decideHeld({ db, archive, deliverResearch }, EntryId.parse(request.params.id), input, user);
      return listQuality(db);
    },
  );

  app.post<Params>('/api/quality/:id/scores', { bodyLimit: 8192 }, async (request): Promise<QualityList> => {
    const { user } = await authentication.require(request, 'create', 'quality');
    const input = QualityScoreInput.parse(request.body);
    await scoreQuality(db, EntryId.parse(request.params.id), input, user);
    return listQuality(db);
  });
}
