import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { z } from 'zod';
import { giveUpDeliveries, retryDeliveries } from '../delivery/index.ts';
import { createAccount, readAnchor, verifyAudit } from '../governance/index.ts';
import type { NodeContext } from '../node/context.ts';
import { checkHealth } from '../operations/index.ts';
import { reviewSites } from '../review/index.ts';
import type { Authentication } from './authentication.ts';
import {
  type AuditPage,
  ChosenDeliveries,
  type Deliveries,
  type DeliveriesChanged,
  DeliveryEntry,
  Role,
  type SystemInfo,
} from './contract.ts';

const NOTICE =
  'Photopeak is research software, not a medical device. Its results are drafts until a qualified person has decided on them.';

const Page = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  before: z.coerce.number().int().min(0).optional(),
});

const DeliveryPage = Page.extend({
  state: DeliveryEntry.shape.state.optional(),
  destination: z.string().max(64).optional(),
});

const NewAccount = z.strictObject({
  username: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-z0-9][a-z0-9._-]*$/),
  name: z.string().min(1).max(64),
  roles: z.array(Role).min(1),
});

export function systemRoutes(
  app: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
): void {
  const { db, configuration, dataFolder } = context;

  app.get('/api/system', async (): Promise<SystemInfo> => {
    const checks = await checkHealth(context);
    return {
      name: 'Photopeak',
      version: context.version,
      notice: NOTICE,
      healthy: checks.every((check) => check.ok),
      checks,
      pipelines: context.pipelines.map(({ name, version, title }) => ({ name, version, title })),
      sites: reviewSites.map((site) => site.name),
      dicom: context.dicomAddress(),
    };
  });

  /** The process answers. */
  app.get('/healthz', async () => ({ ok: true }));

  /** The node can take studies: database and archive answer. */
  app.get('/readyz', async (_, reply) => {
    const checks = await checkHealth(context);
    const ok = checks
      .filter(({ name }) => name === 'database' || name === 'archive')
      .every((check) => check.ok);
    return reply.status(ok ? 200 : 503).send({ ok });
  });

  app.get('/metrics', async (request, reply) => {
    await authentication.require(request, 'read', 'metrics');
    const { registry } = context.metrics;
    return reply.header('Content-Type', registry.contentType).send(await registry.metrics());
  });

  app.get('/api/deliveries', async (request): Promise<Deliveries> => {
    await authentication.require(request, 'read', 'delivery');
    const { limit, before, state, destination } = DeliveryPage.parse(request.query);
    const rows = await db
      .selectFrom('outbox')
      .selectAll()
      .$if(state !== undefined, (query) => query.where('state', '=', state!))
      .$if(destination !== undefined, (query) => query.where('destination', '=', destination!))
      .$if(before !== undefined, (query) => query.where(sql<boolean>`id < ${before}`))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    const counts = {
      waiting: 0,
      sending: 0,
      stored: 0,
      acknowledged: 0,
      failed: 0,
      skipped: 0,
      'given-up': 0,
    };
    const counted = await db
      .selectFrom('outbox')
      .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
      .groupBy('state')
      .execute();
    for (const row of counted) counts[row.state] = row.count;
    return {
      counts,
      entries: rows.map((row) => ({
        id: String(row.id),
        destination: row.destination,
        studyInstanceUid: row.study_instance_uid,
        sopInstanceUid: row.sop_instance_uid,
        runId: row.run_id,
        state: row.state,
        attempts: row.attempts,
        lastError: row.last_error,
        nextAttemptAt: row.state === 'waiting' ? row.next_attempt_at.toISOString() : null,
        createdAt: row.created_at.toISOString(),
        acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
        commitment:
          row.state === 'stored' || row.transaction_uid !== null || row.asks + row.resends > 0
            ? { transactionUid: row.transaction_uid, asks: row.asks, resends: row.resends }
            : null,
      })),
    };
  });

  /** Someone says that the destination is back: everything for it becomes due now. */
  app.post<{ Params: { destination: string } }>(
    '/api/deliveries/:destination/retry',
    async (request, reply) => {
      const { user } = await authentication.require(request, 'manage', 'delivery');
      const { destination } = request.params;
      return reply.status(202).send({ count: await retryDeliveries(db, { destination }, user.id) });
    },
  );

  /** Failed deliveries: tried again, by their ids. */
  app.post('/api/deliveries/retry', async (request, reply): Promise<DeliveriesChanged> => {
    const { user } = await authentication.require(request, 'manage', 'delivery');
    const chosen = ChosenDeliveries.parse(request.body);
    return reply.status(202).send({ count: await retryDeliveries(db, chosen, user.id) });
  });

  /** Failed deliveries that a person gives up: runs no longer wait for them. */
  app.post('/api/deliveries/give-up', async (request): Promise<DeliveriesChanged> => {
    const { user } = await authentication.require(request, 'manage', 'delivery');
    return { count: await giveUpDeliveries(db, ChosenDeliveries.parse(request.body), user.id) };
  });

  app.get('/api/audit', async (request): Promise<AuditPage> => {
    await authentication.require(request, 'read', 'audit');
    const { limit, before } = Page.parse(request.query);
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .$if(before !== undefined, (query) => query.where('sequence', '<', before!))
      .orderBy('sequence', 'desc')
      .limit(limit)
      .execute();
    return {
      entries: rows.map((row) => {
        const { at, kind, actor, subject, detail } = JSON.parse(row.entry);
        return { sequence: row.sequence, at, kind, actor, subject, detail, hash: row.hash };
      }),
    };
  });

  app.get('/api/audit/verify', async (request) => {
    await authentication.require(request, 'read', 'audit');
    return verifyAudit(db, await readAnchor(dataFolder, configuration.security.secret));
  });

  /** Creates an account; the answer holds the one-time link that its owner signs in with. */
  app.post('/api/accounts', { bodyLimit: 4096 }, async (request, reply) => {
    const { user } = await authentication.require(request, 'manage', 'account');
    const { id, token } = await createAccount(db, NewAccount.parse(request.body), `user:${user.id}`);
    const base = configuration.http.publicUrl ?? `${request.protocol}://${request.host}`;
    return reply.status(201).send({ id, link: `${base}/#token=${token}` });
  });
}
