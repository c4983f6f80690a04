import {
  ctIrradiations,
  frameHeader,
  type Instance,
  loadSeriesVolume,
  readFilePart10,
  type Series,
  toDicomJson,
  X_RAY_DOSE_REPORT,
} from '@photopeak/dicom';
import { type FactsNeeded, instanceFacts, type StudySeries } from '../conditions/index.ts';
import { noiseOf, tissueSignal } from './noise-of.ts';

/** A stack as the conditions of rules see it. `doses`: CTDIvol by irradiation event, of the dose reports of the study. */
export function stackFacts(
  series: Series,
  { paths, everyInstance }: FactsNeeded,
  doses: ReadonlyMap<string, number>,
): StudySeries {
  const { instances, slices } = series;
  // Of an enhanced image that is split into stacks each is asked by its own first frame.
  const frameOf = ({ sopInstanceUid, dataset }: Instance) => {
    const slice = slices.find(({ instance }) => instance.sopInstanceUid === sopInstanceUid);
    return frameHeader(dataset, (slice?.frame ?? 0) + 1);
  };
  const first = instances[0] === undefined ? undefined : frameOf(instances[0]);
  const ctdiVolMgy = doses.get(first?.texts('IrradiationEventUID')[0] ?? '');
  return {
    seriesInstanceUid: series.seriesInstanceUid,
    modality: series.modality,
    title: [series.seriesNumber, series.description, series.stack].filter(Boolean).join(' '),
    instanceCount: instances.length,
    instances: (everyInstance ? instances : instances.slice(0, 1)).map((instance) =>
      instanceFacts(instance.sopInstanceUid, toDicomJson(frameOf(instance)), paths),
    ),
    sources: [],
    measured: ctdiVolMgy === undefined ? {} : { ctdiVolMgy },
  };
}

/** CTDIvol (mGy) by Irradiation Event UID, from every dose report among the instances. */
export function dosesOf(instances: readonly Instance[]): Map<string, number> {
  const doses = new Map<string, number>();
  for (const { sopClassUid, path } of instances) {
    if (sopClassUid !== X_RAY_DOSE_REPORT) continue;
    for (const { eventUid, ctdiVolMgy } of ctIrradiations(readFilePart10(path).dataset))
      doses.set(eventUid, ctdiVolMgy);
  }
  return doses;
}

/** Planes about the middle of a series that its noise is measured in. */
const MEASURED_PLANES = 48;

/**
 * Noise of a series in its unit, and of MR the signal-to-noise ratio of tissue, from planes about its middle. HU have no
 * zero that a ratio could be taken to. Empty where noise cannot be told.
 */
export async function measurePixels(series: Series, signal: AbortSignal): Promise<StudySeries['measured']> {
  const slices = series.slices.toSorted((a, b) => height(a) - height(b));
  const start = Math.max(0, Math.floor((slices.length - MEASURED_PLANES) / 2));
  const middle = slices.slice(start, start + MEASURED_PLANES);
  const { volume } = await loadSeriesVolume({ ...series, slices: middle }, { signal, tilt: 'keep' });
  const noise = noiseOf(volume, series.modality);
  if (noise === undefined || noise <= 0) return {};
  return series.modality === 'MR' ? { noise, snr: tissueSignal(volume) / noise } : { noise };
}

/** Of a plane along the normal of the stack, mm. */
function height({ position, orientation }: Series['slices'][number]): number {
  if (position === undefined || orientation === undefined) return 0;
  const [a, b] = orientation;
  const normal = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  return normal.reduce((sum, cosine, axis) => sum + cosine * position[axis]!, 0);
}
