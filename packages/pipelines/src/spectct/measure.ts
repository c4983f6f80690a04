import {
  fitTimeActivity,
  measureVoxels,
  type QuantitativeSpect,
  type RegionMeasurement,
  type SpectQuantity,
  singleTimePoint,
} from '@photopeak/analysis';
import { uidFrom } from '@photopeak/dicom';
import type { Volume } from '@photopeak/imaging';
import type { RunIdentity } from '../pipeline.ts';
import type { SpectctParameters } from './parameters.ts';
import type { SpectRegion } from './regions.ts';
import type { SpectctRegion } from './summary.ts';
import type { TimePoint } from './time-points.ts';

export interface MeasureInput {
  readonly run: RunIdentity;
  readonly studyInstanceUid: string;
  readonly spect: Volume;
  readonly quantity: SpectQuantity | null;
  readonly regions: readonly SpectRegion[];
  /** Uptake of the reference structure, in the unit of the image; null without one. */
  readonly reference: number | null;
  readonly timePoints: readonly TimePoint[];
  readonly parameters: SpectctParameters;
}

/** The numbers of every region, in the order of the regions. */
export function measureRegions(input: MeasureInput): SpectctRegion[] {
  const { run, spect, quantity, reference } = input;
  return input.regions.map((region, index): SpectctRegion => {
    const m = measureVoxels(spect, region.voxels);
    const curve = region.kind === 'focus' || region.kind === 'structure' ? input.parameters : null;
    const activity = quantity?.status === 'quantitative' ? activityOf(m, quantity, curve) : null;
    const { id, label, kind, site, laterality, reason } = region;
    return {
      id,
      trackingUid: uidFrom(run.key, 'tracking', id),
      label,
      kind,
      segmentNumber: index + 1,
      site,
      laterality,
      reason,
      voxels: m.voxels,
      volumeMl: m.mtvMl,
      centroid: [...m.centroid],
      maximumPosition: [...m.maxPosition],
      mean: m.mean,
      maximum: m.max,
      relativeMean: reference === null ? null : m.mean / reference,
      relativeMaximum: reference === null ? null : m.max / reference,
      activity,
      timeActivity: activity === null ? null : timeActivityOf(input, index, activity.totalMBq),
    };
  });
}

/** SUVbw of 1 Bq/ml; null where SUV is not computable. */
export const suvFactor = ({ suv }: QuantitativeSpect): number | null =>
  suv.status === 'ok' ? (suv.factors.bw ?? null) : null;

/** Share of its activity that is found in a region of a volume, as spheres of a phantom show it. */
function recoveryOf(
  volumeMl: number,
  { recoveryVolumeMl, recoveryExponent }: SpectctParameters,
): number | null {
  return recoveryVolumeMl > 0 ? 1 / (1 + (recoveryVolumeMl / volumeMl) ** recoveryExponent) : null;
}

function activityOf(
  m: RegionMeasurement,
  quantity: QuantitativeSpect,
  curve: SpectctParameters | null,
): SpectctRegion['activity'] {
  const totalMBq = (m.mean * m.mtvMl) / 1e6;
  const { administeredBq, hoursAfter, halfLifeSeconds } = quantity;
  const percent = administeredBq === null ? null : (1e8 * totalMBq) / administeredBq;
  const decay =
    hoursAfter === null || halfLifeSeconds === null ? null : 2 ** (-(hoursAfter * 3600) / halfLifeSeconds);
  const factor = suvFactor(quantity);
  const coefficient = curve === null ? null : recoveryOf(m.mtvMl, curve);
  return {
    meanBqPerMl: m.mean,
    maximumBqPerMl: m.max,
    sdBqPerMl: m.sd,
    totalMBq,
    percentOfAdministered: percent,
    percentOfAdministeredDecayCorrected: percent === null || decay === null ? null : percent / decay,
    suvMean: factor === null ? null : m.mean * factor,
    suvMax: factor === null ? null : m.max * factor,
    recovery: coefficient === null ? null : { coefficient, correctedMBq: totalMBq / coefficient },
  };
}

function timeActivityOf(
  { quantity, timePoints, parameters, studyInstanceUid }: MeasureInput,
  index: number,
  totalMBq: number,
): SpectctRegion['timeActivity'] {
  if (quantity === null || quantity.hoursAfter === null || quantity.halfLifeSeconds === null) return null;
  const points = [
    ...timePoints.map(({ studyInstanceUid: uid, hours, activityMBq }) => ({
      studyInstanceUid: uid,
      hours,
      activityMBq: activityMBq[index] ?? 0,
    })),
    { studyInstanceUid, hours: quantity.hoursAfter, activityMBq: totalMBq },
  ].sort((a, b) => a.hours - b.hours);
  const fit = fitTimeActivity(points, {
    halfLifeHours: quantity.halfLifeSeconds / 3600,
    relativeUncertainty: parameters.activityUncertainty,
  });
  const [only] = points;
  const { administeredBq } = quantity;
  return {
    points,
    fit:
      typeof fit === 'string'
        ? null
        : {
            ...fit,
            coefficientH: administeredBq === null ? null : (fit.timeIntegratedMBqH * 1e6) / administeredBq,
            notes: [...fit.notes],
          },
    singleTimePoint: points.length > 1 || only === undefined ? null : fromOnePoint(only),
  };
}

function fromOnePoint(point: { readonly hours: number; readonly activityMBq: number }) {
  const { timeIntegratedMBqH, holdsForHours } = singleTimePoint(point);
  return { timeIntegratedMBqH, holdsForHours: [...holdsForHours] as [number, number] };
}

/** Everything that the tomogram shows. */
export function fieldOfView(
  spect: Volume,
  quantity: SpectQuantity | null,
): { totalMBq: number; percentOfAdministered: number | null } | null {
  if (quantity?.status !== 'quantitative') return null;
  const [dx, dy, dz] = spect.spacingMm;
  let sum = 0;
  for (let n = 0; n < spect.data.length; n++) sum += spect.data[n]!;
  const totalMBq = (sum * dx * dy * dz) / 1e9;
  const { administeredBq } = quantity;
  return {
    totalMBq,
    percentOfAdministered: administeredBq === null ? null : (1e8 * totalMBq) / administeredBq,
  };
}
