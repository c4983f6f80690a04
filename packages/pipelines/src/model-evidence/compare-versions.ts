import { performance } from 'node:perf_hooks';
import { groupSeries, loadSeriesVolume, type Series } from '@photopeak/dicom';
import { PhotopeakError, type Volume } from '@photopeak/imaging';
import { imageFacts } from '../enhancement/index.ts';
import { inferImage } from '../model-run/index.ts';
import type { SiteModels, Step, StepContext, StudyInput } from '../pipeline.ts';
import { readInstances } from '../study/index.ts';
import { compareResults, type ResultDifference } from './compare-results.ts';

export interface CompareVersionsInput {
  readonly study: StudyInput;
  readonly seriesInstanceUid: string;
  /** Digests of the packages. */
  readonly current: string;
  readonly candidate: string;
}

export interface VersionsCompared {
  /** Candidate less current. */
  readonly differences: readonly ResultDifference[];
  readonly scanner: string;
  readonly currentSeconds: number | null;
  readonly candidateSeconds: number | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

/**
 * Runs the version in use and a candidate on a series, one after the other, and tells how they differ. Nothing that the
 * candidate gives is kept. What goes wrong is an answer, not an error of the run that it follows.
 */
export const compareVersions: Step<CompareVersionsInput, VersionsCompared> = {
  name: 'compare-versions',
  version: '1',
  resource: 'cpu',
  async run({ study, seriesInstanceUid, current, candidate }, context) {
    let scanner = '';
    let currentSeconds: number | null = null;
    try {
      const instances = study.instances.filter((one) => one.seriesInstanceUid === seriesInstanceUid);
      const series = groupSeries(readInstances({ ...study, instances })).find(
        ({ kind }) => kind === 'volume',
      );
      if (series === undefined) throw noVolume(seriesInstanceUid);
      const header = series.instances[0]!.dataset;
      const { volume } = await loadSeriesVolume(series, { signal: context.signal });
      const facts = imageFacts(header, volume.unit);
      scanner = [facts.manufacturer, facts.model].filter((part) => part !== null).join(' ');
      const run = (digest: string) => timed(digest, context, { series, volume });
      const mine = await run(current);
      currentSeconds = mine.seconds;
      const theirs = await run(candidate);
      return {
        differences: await compareResults(mine, theirs, facts),
        scanner,
        currentSeconds,
        candidateSeconds: theirs.seconds,
        failure: null,
      };
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof PhotopeakError)) throw error;
      const message = `${error.message}${error.found === undefined ? '' : ` (${error.found})`}`;
      const failure = { code: error.code, message };
      return { differences: [], scanner, currentSeconds, candidateSeconds: null, failure };
    }
  },
};

const noVolume = (where: string) =>
  new PhotopeakError('the series is no volume any more', { code: 'INPUT_CHANGED', where });

async function timed(
  digest: string,
  { models, signal, gpu }: StepContext,
  { series, volume }: { readonly series: Series; readonly volume: Volume },
) {
  const { manifest, model } = await requireModels(models).open(digest, {
    signal,
    ...(gpu === undefined ? {} : { gpu }),
  });
  await using open = model;
  const started = performance.now();
  const results = await inferImage({ manifest, model: open }, volume, series, { signal });
  return { manifest, results, seconds: (performance.now() - started) / 1000 };
}

function requireModels(models: SiteModels | undefined): SiteModels {
  if (models !== undefined) return models;
  throw new PhotopeakError('there are no models here', { code: 'MODEL_UNKNOWN', remedy: 'run it in a node' });
}
