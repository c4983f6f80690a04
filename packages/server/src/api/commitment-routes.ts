import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { NodeContext } from '../node/context.ts';
import type { Authentication } from './authentication.ts';
import type { Commitments } from './contract.ts';

const Page = z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) });

/** What is asked and answered of storage commitment, for an administrator. */
export function commitmentListRoutes(
  app: FastifyInstance,
  { db }: NodeContext,
  authentication: Authentication,
): void {
  app.get('/api/commitments', async (request): Promise<Commitments> => {
    await authentication.require(request, 'read', 'delivery');
    const { limit } = Page.parse(request.query);
    const asked = await db
      .selectFrom('commitment_asked')
      .selectAll()
      .orderBy('asked_at', 'desc')
      .limit(limit)
      .execute();
    const given = await db
      .selectFrom('commitment_given')
      .selectAll()
      .orderBy('asked_at', 'desc')
      .limit(limit)
      .execute();
    return {
      asked: asked.map((row) => ({
        transactionUid: row.transaction_uid,
        destination: row.destination,
        studyInstanceUid: row.study_instance_uid,
        instances: row.instances.length,
        failed: row.failed,
        state: row.state,
        text: row.text,
        askedAt: row.asked_at.toISOString(),
        answeredAt: row.answered_at?.toISOString() ?? null,
      })),
      given: given.map((row) => ({
        transactionUid: row.transaction_uid,
        askedBy: row.asked_by,
        way: row.way,
        instances: row.instances.length,
        failed: row.failed,
        state: row.state,
        attempts: row.attempts,
        lastError: row.last_error,
        askedAt: row.asked_at.toISOString(),
        reportedAt: row.reported_at?.toISOString() ?? null,
      })),
    };
  });
}
