import { createHash } from 'node:crypto';
import { inProcessRunner, type Pipeline, type SiteModels } from '@photopeak/pipelines';
import type { Archive } from '../archive/index.ts';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { frozenInput } from '../studies/input.ts';
import { loadRun, requirePipeline } from './execute-run.ts';

export interface ReplayReport {
  readonly runId: string;
  readonly ok: boolean;
  readonly objects: readonly {
    readonly fileName: string;
    /** Hash of the object as delivered; null when only the replay made it. */
    readonly delivered: string | null;
    readonly replayed: string | null;
    readonly equal: boolean;
  }[];
}

/**
 * Computes a past run again from the archive, with the input, parameters, version and clock it had, and compares the
 * hash of every object. Nothing is stored or delivered.
 */
export async function replayRun(
  context: {
    readonly db: Database;
    readonly archive: Archive;
    readonly pipelines: readonly Pipeline[];
    /** Of a node without models of the site it may be left out. */
    readonly models?: SiteModels;
  },
  runId: string,
  options: { readonly actor?: string; readonly signal?: AbortSignal } = {},
): Promise<ReplayReport> {
  const { db, archive } = context;
  const run = await loadRun(db, runId);
  const pipeline = requirePipeline(context.pipelines, run.pipeline, run.pipeline_version);
  const input = await frozenInput(db, archive, run.study_instance_uid, run.input);
  const runner = inProcessRunner({
    run: { key: run.result_key, at: run.content_at },
    ...(context.models === undefined ? {} : { models: context.models }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const result = await pipeline.run(input, pipeline.parameters.parse(run.parameters), runner);
  const delivered = await db
    .selectFrom('result')
    .select(['file_name', 'sha256'])
    .where('run_id', '=', runId)
    .orderBy('ordinal')
    .execute();
  const before = new Map(delivered.map((row) => [row.file_name, row.sha256]));
  const after = new Map(
    result.objects.map((object) => [
      object.fileName,
      createHash('sha256').update(object.bytes).digest('hex'),
    ]),
  );
  const objects = [...new Set([...before.keys(), ...after.keys()])].map((fileName) => {
    const old = before.get(fileName) ?? null;
    const now = after.get(fileName) ?? null;
    return { fileName, delivered: old, replayed: now, equal: old === now };
  });
  const report = { runId, ok: objects.every((object) => object.equal), objects };
  await db.transaction().execute((transaction) =>
    appendAudit(transaction, [
      {
        kind: 'replay',
        actor: options.actor ?? 'node',
        subject: `run:${runId}`,
        detail: { ok: report.ok, objects: objects.length },
      },
    ]),
  );
  return report;
}
