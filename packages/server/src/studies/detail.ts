import type { RunDetail, SeriesEntry, StudyDetail } from '../api/contract.ts';
import type { Database } from '../database/index.ts';
import { currentDecisions } from '../review/decisions.ts';
import { enhancementsLast, isNoLayer } from './reading-order.ts';
import { asPetctSummary, worklist } from './worklist.ts';

/** Everything the workspace shows of one study; undefined when there is none. */
export async function studyDetail(db: Database, uid: string): Promise<StudyDetail | undefined> {
  const [entry] = await worklist(db, uid);
  if (entry === undefined) return undefined;
  const study = await db
    .selectFrom('study')
    .select(['weight_kg', 'size_m', 'sex'])
    .where('study_instance_uid', '=', uid)
    .executeTakeFirstOrThrow();
  const ids = await db
    .selectFrom('run')
    .select('id')
    .where('study_instance_uid', '=', uid)
    .where(isNoLayer)
    .orderBy(enhancementsLast)
    .orderBy('queued_at', 'desc')
    .execute();
  const runs: RunDetail[] = [];
  for (const { id } of ids) runs.push((await runDetail(db, id))!);
  return {
    entry,
    patient: { weightKg: study.weight_kg, sizeM: study.size_m, sex: study.sex },
    series: await seriesEntries(db, uid, runs[0]?.summary),
    runs,
  };
}

/** The series of a study with what they are for, and why. */
export async function seriesEntries(db: Database, uid: string, summary: unknown): Promise<SeriesEntry[]> {
  const rows = await db
    .selectFrom('series')
    .innerJoin('instance', (join) =>
      join
        .onRef('instance.series_instance_uid', '=', 'series.series_instance_uid')
        .onRef('instance.study_instance_uid', '=', 'series.study_instance_uid'),
    )
    .select((eb) => [
      'series.series_instance_uid',
      'series.series_number',
      'series.modality',
      'series.description',
      eb.fn.countAll<number>().as('count'),
      eb.fn.min<string>('instance.origin').as('origin'),
    ])
    .where('series.study_instance_uid', '=', uid)
    .groupBy(['series.series_instance_uid', 'series.series_number', 'series.modality', 'series.description'])
    .orderBy('series.series_number')
    .orderBy('series.series_instance_uid')
    .execute();
  const chosen = asPetctSummary(summary)?.chosen;
  return rows.map((row) => {
    const base = {
      seriesInstanceUid: row.series_instance_uid,
      number: row.series_number,
      modality: row.modality,
      description: row.description,
      count: row.count,
    };
    if (row.origin === 'prior') return { ...base, role: 'other' as const, reason: 'of a study from before' };
    if (row.origin !== 'received') {
      return { ...base, role: 'result' as const, reason: 'made by Photopeak' };
    }
    if (chosen?.pet?.seriesInstanceUid === row.series_instance_uid) {
      return { ...base, role: 'chosen-pet' as const, reason: chosen.pet.reason };
    }
    if (chosen?.ct?.seriesInstanceUid === row.series_instance_uid) {
      return { ...base, role: 'chosen-ct' as const, reason: chosen.ct.reason };
    }
    const rejected = chosen?.rejected.find((series) => series.seriesInstanceUid === row.series_instance_uid);
    return {
      ...base,
      role: 'other' as const,
      reason: rejected?.reason ?? 'no run has looked at this series',
    };
  });
}

/** One run with its steps, results and review; undefined when there is none. */
export async function runDetail(db: Database, runId: string): Promise<RunDetail | undefined> {
  const run = await db.selectFrom('run').selectAll().where('id', '=', runId).executeTakeFirst();
  if (run === undefined) return undefined;
  const steps = await db
    .selectFrom('run_step')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('ordinal')
    .execute();
  const results = await db
    .selectFrom('result')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('ordinal')
    .execute();
  const findings = await db
    .selectFrom('finding')
    .select('content')
    .where('run_id', '=', runId)
    .orderBy('ordinal')
    .execute();
  const signature = await db
    .selectFrom('signature')
    .selectAll()
    .where('run_id', '=', runId)
    .executeTakeFirst();
  const { decisions, undecided } = await currentDecisions(db, runId);
  return {
    id: run.id,
    studyInstanceUid: run.study_instance_uid,
    pipeline: { name: run.pipeline, version: run.pipeline_version, title: run.pipeline_title },
    phase: run.phase,
    state: run.state,
    error: run.error,
    review: run.review,
    queuedAt: run.queued_at.toISOString(),
    startedAt: run.started_at?.toISOString() ?? null,
    endedAt: run.ended_at?.toISOString() ?? null,
    at: run.content_at,
    steps: steps.map((step) => ({
      name: step.name,
      version: step.version,
      state: step.state,
      fraction: step.fraction,
      message: step.message,
      startedAt: step.started_at.toISOString(),
      endedAt: step.ended_at?.toISOString() ?? null,
      durationMs: step.ended_at === null ? null : step.ended_at.getTime() - step.started_at.getTime(),
    })),
    results: results.map((result) => ({
      output: result.output,
      kind: result.kind,
      fileName: result.file_name,
      sha256: result.sha256,
      byteLength: result.byte_length,
      sopClassUid: result.sop_class_uid,
      sopInstanceUid: result.sop_instance_uid,
      seriesInstanceUid: result.series_instance_uid,
      href: `/api/runs/${run.id}/results/${result.ordinal}`,
    })),
    notices: run.notices.map((notice) => ({
      code: notice.code,
      severity: notice.severity,
      message: notice.message,
      ...(notice.remedy === undefined ? {} : { remedy: notice.remedy }),
    })),
    findings: findings.map(({ content }) => content as RunDetail['findings'][number]),
    decisions,
    undecided,
    signature:
      signature === undefined
        ? null
        : {
            sopInstanceUid: signature.sop_instance_uid,
            seriesInstanceUid: signature.series_instance_uid,
            predecessorSopInstanceUid: signature.predecessor_sop_instance_uid,
            signedBy: signature.signed_by_name,
            signedAt: signature.signed_at.toISOString(),
          },
    summary: run.summary,
  };
}
