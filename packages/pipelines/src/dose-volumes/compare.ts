import { type DoseHistogram, doseAtVolume, volumeAtDose } from '@photopeak/analysis';
import type { WrittenDvh } from '@photopeak/dicom';
import type { DoseVolumes } from './schema.ts';

type Comparison = NonNullable<DoseVolumes['structures'][number]['written']>;

/** Points of two histograms agree within so many percent of the volume, or such a share of the maximum dose. */
const AGREES_PERCENT = 5;
const AGREES_DOSE = 0.01;

/**
 * Our histogram against one that came with the dose. Both are brought to shares of the volume; a written histogram is
 * read as the volume that gets at least the lower edge of each bin (PS3.3 C.8.8.4).
 */
export function compareHistograms(ours: DoseHistogram, written: WrittenDvh): Comparison {
  const cumulative = cumulativeOf(written);
  const total = cumulative?.[0];
  const isPercent = written.volumeUnits === 'PERCENT' || written.volumeUnits === 'PER_U';
  const base = {
    volumeMl: total === undefined || isPercent ? null : total,
    meanGy: written.doseUnits === 'GY' ? (written.mean ?? null) : null,
  };
  if (cumulative === undefined || total === undefined || total <= 0) {
    return { ...base, largestDifferencePercent: null, message: 'the histogram of the dose cannot be read' };
  }
  if (written.doseUnits !== 'GY') {
    return {
      ...base,
      largestDifferencePercent: null,
      message: 'the histogram of the dose is relative, without a dose that it relates to',
    };
  }
  let largest = 0;
  let disagrees = false;
  for (let bin = 0; bin < cumulative.length; bin++) {
    const gy = bin === 0 ? 0 : written.edges[bin - 1]!;
    const theirs = (100 * cumulative[bin]!) / total;
    const difference = Math.abs((100 * volumeAtDose(ours, gy)) / ours.coveredMl - theirs);
    largest = Math.max(largest, difference);
    // Where a histogram falls steeply, a small difference of dose is a large one of volume.
    const doseThere = doseAtVolume(ours, { percent: Math.min(100, theirs) }) ?? gy;
    const isNearInDose = Math.abs(doseThere - gy) <= AGREES_DOSE * ours.maximumGy;
    if (difference > AGREES_PERCENT && !isNearInDose) disagrees = true;
  }
  const by = `${largest.toFixed(1)} % of the volume at one dose`;
  return {
    ...base,
    largestDifferencePercent: largest,
    message: disagrees ? `differs by up to ${by}` : `agrees; up to ${by}`,
  };
}

/** Volume from each lower edge on; undefined for a histogram that is neither differential nor cumulative. */
function cumulativeOf({ type, volumes }: WrittenDvh): Float64Array | undefined {
  if (type === 'NATURAL' || volumes.length === 0 || !volumes.every(Number.isFinite)) return undefined;
  if (type === 'CUMULATIVE') return volumes;
  const sums = new Float64Array(volumes.length);
  let sum = 0;
  for (let bin = volumes.length - 1; bin >= 0; bin--) {
    sum += volumes[bin]!;
    sums[bin] = sum;
  }
  return sums;
}
