import { PhotopeakError } from '@photopeak/imaging';
import type { PlannedSeries } from '@photopeak/pipelines';
import type { FastifyInstance } from 'fastify';
import { ConfigurationError, type RouteConfiguration } from '../config/index.ts';
import type { NodeContext } from '../node/context.ts';
import { decideRoute, factsNeeded, lineDiff } from '../routing/index.ts';
import { planEnhancements, studyFacts } from '../studies/index.ts';
import { accessNotes } from './access-notes.ts';
import type { Authentication } from './authentication.ts';
import { Uid } from './contract.ts';
import { notFound } from './errors.ts';
import {
  type ConditionTrace,
  NewRoutes,
  type RouteProblem,
  type Routes,
  type RoutesCheck,
  type RoutesTest,
  RoutesToCheck,
  RoutesToTest,
  type RouteVersionDetail,
  type SeriesPlan,
} from './routing-contract.ts';

const MOST_VERSIONS = 200;

function toldPlan({ source, decision, considered }: PlannedSeries): SeriesPlan {
  return {
    seriesInstanceUid: source.seriesInstanceUid,
    title: `${source.seriesNumber ?? ''} ${source.description}`.trim(),
    modality: source.modality,
    method: decision?.method ?? null,
    settings: Object.entries(decision?.settings ?? {}).map(
      ([name, value]) => `${name} ${JSON.stringify(value)}`,
    ),
    phase: decision?.phase ?? null,
    reason: source.reason,
    rules: considered.map(({ rule, holds, traces }) => ({
      name: rule,
      holds,
      traces: [...traces] as ConditionTrace[],
    })),
  };
}

/** The routes for an administrator: read, check, try on a study, save, go back. */
export function routingRoutes(
  app: FastifyInstance,
  context: NodeContext,
  authentication: Authentication,
): void {
  const { db, routes } = context;
  const noteAccess = accessNotes('route test');

  app.get('/api/routes', async (request): Promise<Routes> => {
    await authentication.require(request, 'read', 'routes');
    return overview();
  });

  app.get<{ Params: { id: string } }>(
    '/api/routes/versions/:id',
    async (request): Promise<RouteVersionDetail> => {
      await authentication.require(request, 'read', 'routes');
      const id = Number(request.params.id);
      const [row, before] = await db
        .selectFrom('route_version')
        .select(['id', 'text'])
        .where('id', '<=', Number.isSafeInteger(id) ? id : 0)
        .orderBy('id', 'desc')
        .limit(2)
        .execute();
      if (row?.id !== id) throw notFound('version of the routes');
      return { id, text: row.text, diff: lineDiff(before?.text ?? '', row.text) };
    },
  );

  app.post('/api/routes/check', async (request): Promise<RoutesCheck> => {
    await authentication.require(request, 'read', 'routes');
    const { text } = RoutesToCheck.parse(request.body);
    const checked = attempt(text);
    return { problems: checked.problems, routes: checked.routes.map(({ name }) => name) };
  });

  app.post('/api/routes/test', async (request): Promise<RoutesTest> => {
    const { user } = await authentication.require(request, 'read', 'routes');
    await authentication.require(request, 'read', 'study');
    const { text, studyInstanceUid } = RoutesToTest.parse(request.body);
    const uid = Uid.parse(studyInstanceUid);
    const tried = text === undefined ? { routes: routes.current().routes, problems: [] } : attempt(text);
    if (tried.problems.length > 0) return { problems: tried.problems, routes: [] };
    const facts = await studyFacts(context, uid, factsNeeded(tried.routes), new Date());
    if (facts.series.length === 0) throw notFound('study');
    await noteAccess(db, user.id, uid);
    const decisions = tried.routes.map((route) => decideRoute(route, facts));
    const plans = await planEnhancements(context, uid, decisions);
    return {
      problems: [],
      routes: decisions.map(({ route, matches, traces, waitingFor, chosen }) => ({
        name: route.name,
        matches,
        pipeline: route.run?.pipeline ?? null,
        traces: [...traces] as ConditionTrace[],
        waitingFor: [...waitingFor],
        chosen: chosen.map((series) => series.title),
        enhancement: plans.get(route.name)?.map(toldPlan) ?? null,
      })),
    };
  });

  app.post('/api/routes', async (request, reply): Promise<Routes> => {
    const { user } = await authentication.require(request, 'manage', 'routes');
    const { text, basedOn, note } = NewRoutes.parse(request.body);
    await routes.apply({ text, origin: 'editor', author: `user:${user.id}`, note }, basedOn);
    void reply.status(201);
    return overview();
  });

  app.post<{ Params: { id: string } }>(
    '/api/routes/versions/:id/restore',
    async (request, reply): Promise<Routes> => {
      const { user } = await authentication.require(request, 'manage', 'routes');
      const row = await db
        .selectFrom('route_version')
        .select('text')
        .where('id', '=', Number(request.params.id) || 0)
        .executeTakeFirst();
      if (row === undefined) throw notFound('version of the routes');
      const note = `version ${Number(request.params.id)} again`;
      await routes.apply({ text: row.text, origin: 'rollback', author: `user:${user.id}`, note });
      void reply.status(201);
      return overview();
    },
  );

  /** Reads the configuration file again, as SIGHUP does. */
  app.post('/api/configuration/reload', async (request) => {
    await authentication.require(request, 'manage', 'routes');
    if (context.reload === undefined) {
      throw new PhotopeakError('this node was started without a configuration file', {
        code: 'CONFIG_NO_FILE',
        remedy: 'start it with --config FILE',
      });
    }
    return context.reload();
  });

  async function overview(): Promise<Routes> {
    const versions = await db
      .selectFrom('route_version')
      .select(['id', 'sha256', 'origin', 'author', 'note', 'made_at'])
      .orderBy('id', 'desc')
      .limit(MOST_VERSIONS)
      .execute();
    const accounts = await db.selectFrom('account').select(['id', 'name']).execute();
    const names = new Map(accounts.map((account) => [`user:${account.id}`, account.name]));
    const { id, text } = routes.current();
    return {
      version: id,
      text,
      versions: versions.map((row) => ({
        id: row.id,
        sha256: row.sha256,
        origin: row.origin,
        author: names.get(row.author) ?? row.author,
        note: row.note,
        madeAt: row.made_at.toISOString(),
      })),
    };
  }

  function attempt(text: string): {
    readonly routes: readonly RouteConfiguration[];
    readonly problems: RouteProblem[];
  } {
    try {
      return { routes: routes.check(text).routes, problems: [] };
    } catch (error) {
      if (error instanceof ConfigurationError) return { routes: [], problems: [...error.places] };
      throw error;
    }
  }
}
