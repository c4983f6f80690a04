import { readFileHeader } from '@photopeak/dicom';
import { compareVersions, type StepRunner, type StudyInput, type UsedModel } from '@photopeak/pipelines';
import type { Database } from '../database/index.ts';
import { appendAudit } from '../governance/index.ts';
import { absentAs } from './absent.ts';
import { resolveModel } from './placements.ts';

/** What a finished run left behind. */
export interface ShadowInput {
  readonly runId: string;
  readonly study: StudyInput;
  readonly used: readonly UsedModel[];
}

/**
 * Runs candidates that are placed as shadows beside the models that a finished run used, and keeps how they differ. The
 * results of the run were handed over before; nothing here reaches anybody but through the report.
 */
export async function runShadows(
  db: Database,
  runner: StepRunner,
  { runId, study, used }: ShadowInput,
): Promise<void> {
  for (const { digest, seriesInstanceUid } of used) {
    const model = await db
      .selectFrom('model')
      .select(['id', 'version'])
      .where('digest', '=', digest)
      .where('removed_at', 'is', null)
      .executeTakeFirst();
    const instance = study.instances.find((one) => one.seriesInstanceUid === seriesInstanceUid);
    if (model === undefined || instance === undefined) continue;
    const { modality } = instance;
    const protocol = readFileHeader(instance.path).dataset.text('ProtocolName') ?? '';
    const { studyInstanceUid } = study;
    const asked = resolveModel(db, model.id, { modality, protocol, studyInstanceUid });
    const placed = await absentAs('MODEL_NOT_PLACED', asked);
    const shadow = placed?.version === model.version ? placed.shadow : null;
    if (shadow === null) continue;
    const compared = await runner.step(compareVersions, {
      study,
      seriesInstanceUid,
      current: digest,
      candidate: shadow.digest,
    });
    await db.transaction().execute(async (transaction) => {
      const { numInsertedOrUpdatedRows: kept } = await transaction
        .insertInto('model_comparison')
        .values({
          run_id: runId,
          study_instance_uid: studyInstanceUid,
          series_instance_uid: seriesInstanceUid,
          model_id: model.id,
          version: model.version,
          candidate: shadow.version,
          modality,
          protocol,
          scanner: compared.scanner,
          differences: JSON.stringify(compared.differences),
          version_seconds: compared.currentSeconds,
          candidate_seconds: compared.candidateSeconds,
          failure: compared.failure === null ? null : JSON.stringify(compared.failure),
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      if (kept === 0n) return;
      await appendAudit(transaction, [
        {
          kind: 'model',
          actor: 'worker',
          subject: `model:${model.id}@${shadow.version}`,
          detail: {
            what: 'ran as a shadow',
            beside: model.version,
            run: runId,
            study: studyInstanceUid,
            series: seriesInstanceUid,
            failure: compared.failure?.code ?? null,
          },
        },
      ]);
    });
  }
}

export interface ComparisonRow {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly version: string;
  readonly candidate: string;
  readonly strata: { readonly scanner: string; readonly protocol: string; readonly modality: string };
  readonly differences: readonly { name: string; label: string | null; unit: string; value: number }[];
  readonly versionSeconds: number | null;
  readonly candidateSeconds: number | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly comparedAt: Date;
}

/** What shadows of a model were compared with, the oldest first; each series once, as it was compared last. */
export async function listComparisons(
  db: Database,
  id: string,
  {
    version,
    candidate,
    since,
  }: { readonly version?: string; readonly candidate?: string; readonly since?: Date } = {},
): Promise<ComparisonRow[]> {
  const rows = await db
    .selectFrom('model_comparison')
    .selectAll()
    .distinctOn(['series_instance_uid', 'version', 'candidate'])
    .where('model_id', '=', id)
    .$if(version !== undefined, (query) => query.where('version', '=', version!))
    .$if(candidate !== undefined, (query) => query.where('candidate', '=', candidate!))
    .$if(since !== undefined, (query) => query.where('compared_at', '>=', since!))
    .orderBy('series_instance_uid')
    .orderBy('version')
    .orderBy('candidate')
    .orderBy('compared_at', 'desc')
    .execute();
  return rows
    .map((row) => ({
      studyInstanceUid: row.study_instance_uid,
      seriesInstanceUid: row.series_instance_uid,
      version: row.version,
      candidate: row.candidate,
      strata: { scanner: row.scanner, protocol: row.protocol, modality: row.modality },
      differences: row.differences,
      versionSeconds: row.version_seconds,
      candidateSeconds: row.candidate_seconds,
      failure: row.failure,
      comparedAt: row.compared_at,
    }))
    .sort((a, b) => a.comparedAt.getTime() - b.comparedAt.getTime());
}
