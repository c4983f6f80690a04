import type { QualityEntry } from '@photopeak/pipelines';
import type { Database } from '../database/index.ts';
import type { AuditEvent } from '../governance/index.ts';
import { isSampled } from './sample.ts';

/** A result as the run stored it. */
interface StoredResult {
  readonly ordinal: number;
  readonly fileName: string;
}

/**
 * Writes down what quality control said of the series of a run, in the transaction that takes over its results, and
 * draws which of those that passed are looked at as well.
 */
export async function noteQuality(
  transaction: Database,
  run: { readonly id: string; readonly study_instance_uid: string },
  entries: readonly QualityEntry[],
  results: readonly StoredResult[],
): Promise<AuditEvent[]> {
  await transaction.deleteFrom('quality_entry').where('run_id', '=', run.id).execute();
  const events: AuditEvent[] = [];
  for (const [n, entry] of entries.entries()) {
    const asked = await askedFor(transaction, run.study_instance_uid, entry);
    const id = `${run.id}-${n + 1}`;
    await transaction
      .insertInto('quality_entry')
      .values({
        id,
        run_id: run.id,
        study_instance_uid: run.study_instance_uid,
        series_instance_uid: entry.seriesInstanceUid,
        source_series_instance_uid: entry.sourceSeriesInstanceUid,
        description: entry.description,
        model: entry.model,
        modality: entry.modality,
        scanner: entry.scanner,
        verdict: entry.verdict,
        reasons: JSON.stringify(entry.reasons),
        figures: JSON.stringify(entry.figures),
        picture: results.find(({ fileName }) => fileName === entry.picture)?.ordinal ?? null,
        asked,
        decision: entry.verdict === 'held' ? 'waiting' : null,
      })
      .execute();
    events.push({
      kind: 'quality-control',
      actor: 'worker',
      subject: `run:${run.id}`,
      detail: { series: entry.seriesInstanceUid, model: entry.model, verdict: entry.verdict, asked },
    });
  }
  return events;
}

async function askedFor(
  transaction: Database,
  study: string,
  entry: QualityEntry,
): Promise<'held' | 'flagged' | 'sample' | null> {
  if (entry.verdict !== 'passed') return entry.verdict;
  const { passed, sampled } = await transaction
    .selectFrom('quality_entry')
    .select((eb) => [eb.fn.countAll<number>().as('passed'), eb.fn.count<number>('asked').as('sampled')])
    .where('model', '=', entry.model)
    .where('modality', '=', entry.modality)
    .where('scanner', '=', entry.scanner)
    .where('verdict', '=', 'passed')
    .executeTakeFirstOrThrow();
  const drawn = { passed: Number(passed), sampled: Number(sampled) };
  return isSampled(study, entry.sourceSeriesInstanceUid, entry.sampleShare, drawn) ? 'sample' : null;
}
