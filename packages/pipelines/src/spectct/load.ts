import { loadSeriesVolume, type SeriesVolume } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import { toFinding } from '../inspection/index.ts';
import type { PlaneSource } from '../objects/index.ts';
import { type SeriesKey, seriesOf } from '../petct-oncology/parts.ts';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import type { SpectSelection } from './select-tomogram.ts';

export interface LoadInput {
  readonly study: StudyInput;
  readonly selection: SpectSelection;
}

export interface LoadedTomogram {
  /** Bq/ml at the start of the acquisition where it is quantified, else the values of the series. */
  readonly spect: Volume<Float32Array> | null;
  /** Hounsfield units. */
  readonly ct: Volume | null;
  readonly spectPlanes: readonly PlaneSource[];
  readonly ctPlanes: readonly PlaneSource[];
  /** What one stored value of the first plane means in rescaled values, for a value mapping of our own. */
  readonly stored: { readonly slope: number; readonly isUniform: boolean } | null;
  readonly findings: readonly Finding[];
}

const BQML = 'Bq/ml';

/** Reads the pixels of SPECT and CT; the SPECT becomes Bq/ml in place where that is known. */
export const loadTomogram: Step<LoadInput, LoadedTomogram> = {
  name: 'load-volumes',
  version: '1',
  resource: 'cpu',
  run: async ({ study, selection }, { progress, signal }) => {
    const findings: Finding[] = [];
    const load = async (key: SeriesKey | null, from: number): Promise<SeriesVolume | null> => {
      if (key === null) return null;
      const onProgress = (done: number, of: number) => progress(from + (0.5 * done) / of, 'reading');
      const loaded = await loadSeriesVolume(seriesOf(study, key), { onProgress, signal });
      findings.push(...loaded.findings.map(toFinding));
      return loaded;
    };
    const ct = await load(selection.ct, 0);
    const spect = await load(selection.spect, 0.5);
    const slopes = new Set((spect?.slices ?? []).map(({ rescaleSlope }) => rescaleSlope));
    return {
      spect: spect === null ? null : inActivity(spect, selection),
      ct: ct?.volume ?? null,
      spectPlanes: planes(spect),
      ctPlanes: planes(ct),
      stored: spect === null ? null : { slope: [...slopes][0] ?? 1, isUniform: slopes.size === 1 },
      findings,
    };
  },
};

const planes = (loaded: SeriesVolume | null): PlaneSource[] =>
  (loaded?.slices ?? []).map(({ path, frameNumber }) => ({ path, frameNumber }));

function inActivity({ volume }: SeriesVolume, { quantity }: SpectSelection): Volume<Float32Array> {
  const data = volume.data instanceof Float32Array ? volume.data : Float32Array.from(volume.data);
  if (quantity?.status !== 'quantitative') return { ...volume, data };
  const { bqPerMlPerValue } = quantity;
  for (let n = 0; n < data.length; n++) data[n]! *= bqPerMlPerValue;
  return { ...volume, data, unit: BQML };
}
