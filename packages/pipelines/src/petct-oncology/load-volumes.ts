import { groupSeries, loadSeriesVolume, type Series, type SeriesVolume } from '@photopeak/dicom';
import { PhotopeakError, type Volume } from '@photopeak/imaging';
import { toFinding } from '../inspection/index.ts';
import type { PlaneSource } from '../objects/index.ts';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { readInstances, toSuvInPlace } from '../study/index.ts';
import type { Selection, SeriesKey } from './select-series.ts';

export interface LoadInput {
  readonly study: StudyInput;
  readonly selection: Selection;
}

export interface LoadedVolumes {
  /** Hounsfield units. */
  readonly ct: Volume | null;
  /** SUVbw where it can be computed, else the series' own unit. */
  readonly pet: Volume | null;
  readonly isSuv: boolean;
  readonly ctPlanes: readonly PlaneSource[];
  readonly petPlanes: readonly PlaneSource[];
  readonly findings: readonly Finding[];
}

/** The chosen stack with its headers, read again from the input files. */
export function seriesOf(study: StudyInput, key: SeriesKey): Series {
  const instances = study.instances.filter(
    ({ seriesInstanceUid }) => seriesInstanceUid === key.seriesInstanceUid,
  );
  const found = groupSeries(readInstances({ ...study, instances })).find(
    (series) => series.kind === 'volume' && (series.stack ?? null) === key.stack,
  );
  if (found === undefined) {
    throw new PhotopeakError('a chosen series is no longer there', {
      code: 'INPUT_CHANGED',
      expected: `series ${key.seriesInstanceUid}`,
      found: `${instances.length} files`,
      remedy: 'run again on the unchanged study',
    });
  }
  return found;
}

function planes(loaded: SeriesVolume | undefined): PlaneSource[] {
  return (loaded?.slices ?? []).map(({ path, frameNumber }) => ({ path, frameNumber }));
}

/** Reads the pixels of PET and CT; the PET becomes SUVbw in place. */
export const loadVolumes: Step<LoadInput, LoadedVolumes> = {
  name: 'load-volumes',
  version: '1',
  resource: 'cpu',
  run: async ({ study, selection }, { progress, signal }) => {
    const findings: Finding[] = [];
    const load = async (key: SeriesKey | null, from: number): Promise<[Series, SeriesVolume] | null> => {
      if (key === null) return null;
      const series = seriesOf(study, key);
      const onProgress = (done: number, of: number) =>
        progress(from + (0.5 * done) / of, `reading ${series.modality}`);
      const loaded = await loadSeriesVolume(series, { onProgress, signal });
      findings.push(...loaded.findings.map(toFinding));
      return [series, loaded];
    };
    const ct = await load(selection.ct, 0);
    const pet = await load(selection.pet, 0.5);
    const isSuv = selection.suv?.status === 'ok';
    return {
      ct: ct?.[1].volume ?? null,
      pet:
        pet === null
          ? null
          : selection.suv?.status === 'ok'
            ? toSuvInPlace(pet[0], pet[1], selection.suv)
            : pet[1].volume,
      isSuv,
      ctPlanes: planes(ct?.[1]),
      petPlanes: planes(pet?.[1]),
      findings,
    };
  },
};
