import type { QualityList } from '../api/contract.ts';
import type { Database } from '../database/index.ts';
import { summarise } from './summarise.ts';

/** Older ones are in the audit trail and in the summaries of their runs. */
const MOST_ENTRIES = 200;
const MOST_SUMMED = 5000;

/** What waits for a person first, then the newest; and what all of it says of each model. */
export async function listQuality(db: Database): Promise<QualityList> {
  const rows = await db
    .selectFrom('quality_entry')
    .selectAll()
    .orderBy('noted_at', 'desc')
    .orderBy('id')
    .limit(MOST_SUMMED)
    .execute();
  const scores = await db.selectFrom('quality_score').selectAll().orderBy('id').execute();
  const scoresOf = Map.groupBy(scores, ({ entry_id }) => entry_id);
  const isOpen = (row: (typeof rows)[number]) =>
    row.decision === 'waiting' || (row.asked !== null && row.decision === null && !scoresOf.has(row.id));
  const shown = [...rows.filter(isOpen), ...rows.filter((row) => !isOpen(row))].slice(0, MOST_ENTRIES);
  return {
    entries: shown.map((row) => ({
      id: row.id,
      runId: row.run_id,
      studyInstanceUid: row.study_instance_uid,
      seriesInstanceUid: row.series_instance_uid,
      sourceSeriesInstanceUid: row.source_series_instance_uid,
      description: row.description,
      model: row.model,
      modality: row.modality,
      scanner: row.scanner,
      verdict: row.verdict,
      reasons: row.reasons,
      figures: row.figures,
      picture: row.picture,
      asked: row.asked,
      isOpen: isOpen(row),
      decision: row.decision,
      decidedBy: row.decided_by_name,
      decidedAt: row.decided_at?.toISOString() ?? null,
      comment: row.comment,
      notedAt: row.noted_at.toISOString(),
      scores: (scoresOf.get(row.id) ?? []).map((score) => ({
        artefacts: score.artefacts,
        sharpness: score.sharpness,
        noiseTexture: score.noise_texture,
        confidence: score.confidence,
        comment: score.comment,
        scoredBy: score.scored_by_name,
        scoredAt: score.scored_at.toISOString(),
      })),
    })),
    models: summarise(
      rows.map(({ id, model, modality, verdict, figures, noted_at }) => ({
        model,
        modality,
        verdict,
        figures,
        at: noted_at,
        scores: scoresOf.get(id) ?? [],
      })),
    ),
  };
}
