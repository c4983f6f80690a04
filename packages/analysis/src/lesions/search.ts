import { dilate, type Mat4, PhotopeakError, type Volume } from '@photopeak/imaging';
import {
  type CtAnatomy,
  type FusedAnatomy,
  findLandmarks,
  fuse,
  type Landmarks,
  type OrganAnatomy,
  placeBloodPoolReference,
  placeLiverReference,
  type RegionOutcome,
} from '../anatomy/index.ts';
import { type TracerName, type TracerPreset, tracerPresets } from '../tracers/index.ts';
import { splitBasins } from './basins.ts';
import { type Candidate, candidatesAbove } from './candidates.ts';
import { type Features, featuresOf } from './features.ts';
import type { SiteCalibration } from './model/calibrate.ts';
import type { Surroundings } from './physiology.ts';
import { resolveThreshold, type Threshold, type ThresholdRule } from './threshold.ts';
import { type OrganZones, organZones } from './zones.ts';

export interface FindOptions {
  /** Default `fdg`. */
  readonly tracer?: TracerName;
  /** Default what the preset of the tracer says. */
  readonly threshold?: ThresholdRule;
  /** Organs of the same CT, which help to tell uptake in them from lesions beside them. */
  readonly organs?: OrganAnatomy;
  /** Smallest finding, default 0.5 ml. */
  readonly smallestMl?: number;
  /** Maps a point of the PET to the CT (LPS mm): the `pull` of a registration with the PET as fixed image. */
  readonly ctFromPet?: Mat4;
  /** What the site's readers taught the model. */
  readonly calibration?: SiteCalibration;
}

const SMALLEST_ML = 0.5;
/** The liver's uptake is blurred this far beyond its edge. */
const LIVER_RIM_MM = 8;

/** What is settled before any candidate is judged. */
export interface Search {
  readonly preset: TracerPreset;
  readonly liver: RegionOutcome;
  readonly bloodPool: RegionOutcome;
  readonly threshold: Threshold;
  readonly surroundings: Surroundings;
  /** Smallest finding in voxels. */
  readonly smallest: number;
  readonly candidates: readonly Candidate[];
  readonly fused: FusedAnatomy;
  readonly zones: OrganZones;
  readonly describe: (voxels: Uint32Array, peakIndex: number) => Features;
}

/** Fails with LESIONS_UNIT where the PET is not in SUV. */
export async function prepareSearch(suv: Volume, anatomy: CtAnatomy, options: FindOptions): Promise<Search> {
  if (!suv.unit.startsWith('g/ml')) {
    throw new PhotopeakError('Lesions are sought in SUV', {
      code: 'LESIONS_UNIT',
      expected: 'a volume in g/ml (SUV)',
      found: suv.unit,
      remedy:
        'Convert the PET to SUV first; where that is refused, lesions cannot be found by SUV thresholds.',
    });
  }
  const preset = tracerPresets[options.tracer ?? 'fdg'];
  const { ctFromPet, organs } = options;
  const fused = fuse(anatomy, suv, {
    ...(ctFromPet === undefined ? {} : { ctFromPet }),
    ...(organs === undefined ? {} : { organs: organs.labels }),
  });
  const marks = findLandmarks(fused);
  const { mask: liverMask, ...liver } = await liverReference(fused, marks, preset);
  const bloodPool = await placeBloodPoolReference(fused, marks, preset.bloodPool);
  const threshold = resolveThreshold(options.threshold ?? { kind: 'tracer' }, preset, liver, bloodPool);
  const zones = await organZones(fused, marks, liverMask);
  const voxelMl = (suv.spacingMm[0] * suv.spacingMm[1] * suv.spacingMm[2]) / 1000;
  const smallest = Math.max(1, Math.ceil((options.smallestMl ?? SMALLEST_ML) / voxelMl - 1e-9));
  const raised =
    threshold.liverSuv === undefined || zones.liver === undefined
      ? undefined
      : { mask: await dilate(zones.liver, { radiusMm: LIVER_RIM_MM }), threshold: threshold.liverSuv };
  return {
    preset,
    liver,
    bloodPool,
    threshold,
    surroundings: {
      tracer: preset.name,
      threshold: threshold.suv,
      liver: liver.status === 'placed' ? { mean: liver.region.mean, sd: liver.region.sd } : undefined,
    },
    smallest,
    candidates: candidatesAbove(suv, threshold.suv, smallest, raised),
    fused,
    zones,
    describe: (voxels, peakIndex) => featuresOf(suv, voxels, peakIndex, fused, marks, zones),
  };
}

async function liverReference(
  fused: FusedAnatomy,
  marks: Landmarks,
  preset: TracerPreset,
): ReturnType<typeof placeLiverReference> {
  if (preset.liver === null)
    return { status: 'refused', reason: `the liver is no reference for ${preset.title}` };
  return placeLiverReference(fused, marks, preset.liver);
}

/** One hill of uptake before it is judged, for training. */
export interface Hill {
  readonly voxels: Uint32Array;
  readonly peakIndex: number;
  readonly features: Features;
}

/** Every hill of a study, as `findLesions` judges them. */
export async function hillsOf(
  suv: Volume,
  anatomy: CtAnatomy,
  options: FindOptions = {},
): Promise<{ readonly surroundings: Surroundings; readonly hills: readonly Hill[] }> {
  const search = await prepareSearch(suv, anatomy, options);
  const hills: Hill[] = [];
  for (const candidate of search.candidates) {
    const { basins } = await splitBasins(suv, candidate, search.smallest);
    for (const { voxels, peakIndex } of basins)
      hills.push({ voxels, peakIndex, features: search.describe(voxels, peakIndex) });
  }
  return { surroundings: search.surroundings, hills };
}
