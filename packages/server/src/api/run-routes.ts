import { createReadStream } from 'node:fs';
import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { NodeContext } from '../node/context.ts';
import {
  acceptAll,
  correctAlignment,
  currentDecisions,
  decide,
  decideAlignment,
  signRun,
  takeBack,
} from '../review/index.ts';
import { runDetail } from '../studies/index.ts';
import { resourceOf } from '../workflow/index.ts';
import type { Authentication } from './authentication.ts';
import {
  type AlignmentCheck,
  AlignmentCorrectionInput,
  AlignmentInput,
  DecisionInput,
  type Decisions,
  type RunDetail,
  type Signature,
  SignInput,
} from './contract.ts';
import { notFound } from './errors.ts';

type Params = { Params: { id: string } };

const RunId = z.string().regex(/^[0-9a-f]{32}$/);
const TrialQuery = z.object({ trial: z.enum(['true', 'false']).optional() });
const contentTypes = {
  dicom: 'application/dicom',
  json: 'application/json',
  html: 'text/html; charset=utf-8',
  png: 'image/png',
  nifti: 'application/gzip',
  csv: 'text/csv; charset=utf-8',
} as const;

export function runRoutes(app: FastifyInstance, context: NodeContext, authentication: Authentication): void {
  const { db, archive, engine } = context;

  app.get<Params>('/api/runs/:id', async (request): Promise<RunDetail> => {
    await authentication.require(request, 'read', 'run');
    const detail = await runDetail(db, RunId.parse(request.params.id));
    if (detail === undefined) throw notFound('run');
    return detail;
  });

  app.get<{ Params: { id: string; ordinal: string } }>(
    '/api/runs/:id/results/:ordinal',
    async (request, reply) => {
      await authentication.require(request, 'read', 'run');
      const row = await db
        .selectFrom('result')
        .selectAll()
        .where('run_id', '=', RunId.parse(request.params.id))
        .where('ordinal', '=', z.coerce.number().int().parse(request.params.ordinal))
        .executeTakeFirst();
      if (row === undefined) throw notFound('result');
      if (row.held_phase !== null) await authentication.require(request, 'read', 'quality');
      const isInArchive = row.kind === 'dicom' && row.held_phase === null;
      const store = isInArchive ? archive.instances : archive.artifacts;
      return (
        reply
          .header('Content-Type', contentTypes[row.kind])
          .header('Content-Length', row.byte_length)
          .header(
            'Content-Disposition',
            `inline; filename="${row.file_name.replaceAll(/[^A-Za-z0-9._-]/g, '_')}"`,
          )
          .header('ETag', `"${row.sha256}"`)
          .header('Cache-Control', 'private, max-age=31536000, immutable')
          // A report is shown, never allowed to run anything.
          .header(
            'Content-Security-Policy',
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
          )
          .send(createReadStream(store.pathOf(row.sha256)))
      );
    },
  );

  app.get<Params>('/api/runs/:id/decisions', async (request): Promise<Decisions> => {
    await authentication.require(request, 'read', 'run');
    return currentDecisions(db, RunId.parse(request.params.id));
  });

  app.post<Params>('/api/runs/:id/decisions', { bodyLimit: 16_384 }, async (request): Promise<Decisions> => {
    const { user } = await authentication.require(request, 'decide', 'run');
    return decide(context, RunId.parse(request.params.id), [DecisionInput.parse(request.body)], user);
  });

  app.post<Params>('/api/runs/:id/decisions/accept-all', async (request): Promise<Decisions> => {
    const { user } = await authentication.require(request, 'decide', 'run');
    return acceptAll(context, RunId.parse(request.params.id), user);
  });

  app.delete<{ Params: { id: string; findingId: string } }>(
    '/api/runs/:id/decisions/:findingId',
    async (request): Promise<Decisions> => {
      const { user } = await authentication.require(request, 'decide', 'run');
      const findingId = DecisionInput.shape.findingId.parse(request.params.findingId);
      return takeBack(context, RunId.parse(request.params.id), findingId, user);
    },
  );

  app.post<Params>(
    '/api/runs/:id/alignment',
    { bodyLimit: 4096 },
    async (request): Promise<AlignmentCheck> => {
      const { user } = await authentication.require(request, 'decide', 'alignment');
      const input = AlignmentInput.parse(request.body);
      return decideAlignment(db, RunId.parse(request.params.id), input, user);
    },
  );

  app.post<Params>('/api/runs/:id/alignment/correction', { bodyLimit: 32_768 }, async (request, reply) => {
    const { user } = await authentication.require(request, 'decide', 'alignment');
    const input = AlignmentCorrectionInput.parse(request.body);
    const now = () => new Date();
    const id = RunId.parse(request.params.id);
    const { trial } = TrialQuery.parse(request.query);
    const correction = await correctAlignment({ ...context, now }, id, input, user, trial === 'true');
    return reply.status(correction.runId === null ? 200 : 202).send(correction);
  });

  app.post<Params>('/api/runs/:id/sign', { bodyLimit: 4096 }, async (request): Promise<Signature> => {
    const { user } = await authentication.require(request, 'sign', 'run');
    const { password } = SignInput.parse(request.body);
    return signRun(context, RunId.parse(request.params.id), user, password);
  });

  /** Tries a failed run again from its beginning. */
  app.post<Params>('/api/runs/:id/retry', async (request, reply) => {
    await authentication.require(request, 'create', 'run');
    const id = RunId.parse(request.params.id);
    const run = await db
      .selectFrom('run')
      .select(['state', 'pipeline'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (run === undefined) throw notFound('run');
    if (run.state !== 'failed') {
      throw new PhotopeakError('only a failed run is started again', {
        code: 'RUN_NOT_FAILED',
        found: run.state,
      });
    }
    // From here on it may begin again; a run that was cancelled before it began may not.
    await db
      .updateTable('run')
      .set({ error: null })
      .where('id', '=', id)
      .where('state', '=', 'failed')
      .execute();
    await engine.restart(id, resourceOf(context.pipelines, run.pipeline));
    return reply.status(202).send({ id });
  });
}
