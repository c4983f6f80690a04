import {
  builtInMethod,
  type EnhancementSummary,
  enhancementMethods,
  enhancementSummary,
  enhancementTasks,
  settingNames,
} from '@photopeak/pipelines';
import type { EnhancementEntry, EnhancementMethods } from '../api/contract.ts';
import type { Database } from '../database/index.ts';
import { listModels, listPlacements } from '../models/index.ts';

/** Layers of a study that are awaited or there, the newest first. */
export async function listEnhancements(db: Database, studyInstanceUid: string): Promise<EnhancementEntry[]> {
  const rows = await db
    .selectFrom('enhancement')
    .innerJoin('run', 'run.id', 'enhancement.run_id')
    .selectAll('enhancement')
    .select(['run.state', 'run.error', 'run.summary', 'run.phase'])
    .where('enhancement.study_instance_uid', '=', studyInstanceUid)
    .where('outcome', 'is', null)
    .orderBy('asked_at', 'desc')
    .execute();
  const entries: EnhancementEntry[] = [];
  for (const row of rows) {
    const steps = await db
      .selectFrom('run_step')
      .select(['name', 'state', 'fraction'])
      .where('run_id', '=', row.run_id)
      .orderBy('ordinal')
      .execute();
    const running = steps.find(({ state }) => state === 'running');
    const isThere = row.expires_at !== null;
    const made = madeOf(row.summary);
    const quality = made?.quality ?? null;
    entries.push({
      runId: row.run_id,
      seriesInstanceUid: row.series_instance_uid,
      task: row.task,
      method: made?.method === undefined ? row.method : `${made.method.id}@${made.method.version}`,
      phase: row.phase,
      state:
        row.state === 'failed'
          ? 'failed'
          : isThere
            ? 'there'
            : row.state === 'running'
              ? 'running'
              : 'queued',
      error: row.error?.message ?? null,
      fraction: isThere ? 1 : (running?.fraction ?? 0),
      askedBy: row.asked_by_name,
      askedAt: row.asked_at.toISOString(),
      expiresAt: row.expires_at?.toISOString() ?? null,
      quality: quality === null ? null : toldQuality(quality),
      geometryHref:
        isThere && made?.result != null && quality?.verdict !== 'held'
          ? `/api/enhancements/${row.run_id}/geometry`
          : null,
    });
  }
  return entries;
}

type Made = EnhancementSummary['series'][number];

/** The one series of a run on demand, as its summary tells it. */
function madeOf(summary: Record<string, unknown> | null): Made | undefined {
  const parsed = enhancementSummary.safeParse(summary);
  return parsed.data?.series[0];
}

/** The verdict with what it rests on. */
function toldQuality({ verdict, checks }: NonNullable<Made['quality']>): EnhancementEntry['quality'] {
  const reasons = checks.filter((check) => check.verdict !== 'passed').map(({ text }) => text);
  return { verdict, reasons };
}

/** What a reader may choose: the built-in methods, and the models of the site that are in use for something. */
export async function offeredMethods(db: Database): Promise<EnhancementMethods> {
  const placed = new Set((await listPlacements(db)).map(({ modelId }) => modelId));
  const models = (await listModels(db)).filter(
    ({ id, manifest }) =>
      placed.has(id) &&
      builtInMethod(id) === undefined &&
      (enhancementTasks as readonly string[]).includes(manifest.task),
  );
  return {
    methods: [
      // A layer is one volume.
      ...enhancementMethods
        .filter(({ series }) => series === undefined)
        .map((method) => ({
          id: method.id,
          title: method.title,
          task: method.task,
          modalities: [...method.modalities],
          settings: settingNames(method),
          limits: [...method.limits],
          isModel: false,
        })),
      ...[...new Map(models.map((model) => [model.id, model])).values()].map(({ id, manifest }) => ({
        id,
        title: manifest.title,
        task: manifest.task,
        modalities: [...manifest.modality],
        settings: [],
        limits: [manifest.intendedUse],
        isModel: true,
      })),
    ],
  };
}
