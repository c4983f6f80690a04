import { PhotopeakError } from '@photopeak/imaging';
import { asPetctSummary } from '../worklist.ts';
import { runLabels } from './label-map.ts';
import { type SeriesVolumeContext, seriesVolume } from './series-volume.ts';

/**
 * Prepares what the reader will look at first: the chosen PET and CT and the lesions of a run that has just finished,
 * so that the first image is there when the study is opened. What cannot be prepared says so when it is asked for.
 */
export async function prepareRun(context: SeriesVolumeContext, runId: string): Promise<void> {
  const run = await context.db
    .selectFrom('run')
    .select(['study_instance_uid', 'summary'])
    .where('id', '=', runId)
    .executeTakeFirst();
  const chosen = asPetctSummary(run?.summary)?.chosen;
  if (run === undefined || chosen === undefined) return;
  for (const series of [chosen.pet, chosen.ct]) {
    if (series !== null)
      await quietly(seriesVolume(context, run.study_instance_uid, series.seriesInstanceUid));
  }
  await quietly(runLabels(context, runId, 'lesions'));
}

async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
  }
}
