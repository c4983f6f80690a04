import { type Mat4, PhotopeakError, type Vec3, type Volume } from '@photopeak/imaging';
import {
  type CtAnatomy,
  findLandmarks,
  fuse,
  placeBloodPoolReference,
  placeLiverReference,
  type RegionOutcome,
} from '../anatomy/index.ts';
import { measureVoxels, type RegionMeasurement } from '../measurements/index.ts';
import { splitBasins } from './basins.ts';
import { candidatesAbove } from './candidates.ts';
import { type Features, featuresOf } from './features.ts';
import { faintReason, type Organ, physiologyOf, type Surroundings } from './physiology.ts';
import { type Piece, pieces } from './pieces.ts';
import { outlineAtShare } from './relative-outline.ts';
import { type Site, siteOf } from './site.ts';
import { resolveThreshold, type Threshold, type ThresholdRule } from './threshold.ts';
import { organZones } from './zones.ts';

export interface Finding {
  /** 1, 2, …: lesions by falling SUVmax, then what is hidden by falling SUVmax. Value in `FoundLesions.labels`. */
  readonly id: number;
  readonly kind: 'lesion' | 'physiological' | 'faint';
  /** Physiological and faint uptake is hidden at first and one click away; nothing is deleted. */
  readonly hidden: boolean;
  readonly organ: Organ | undefined;
  /** Why it is what it is called, in words. */
  readonly reason: string;
  /** 0 … 1, a rule of thumb for the kind. */
  readonly confidence: number;
  readonly site: Site;
  readonly measurement: RegionMeasurement;
  readonly features: Features;
}

export interface FoundLesions {
  readonly findings: readonly Finding[];
  /** Id of the finding at each voxel of the PET, 0 elsewhere. */
  readonly labels: Volume<Uint8Array | Uint16Array>;
  readonly threshold: Threshold;
  readonly liver: RegionOutcome;
  readonly bloodPool: RegionOutcome;
}

export interface FindOptions {
  /** Default PERCIST. */
  readonly threshold?: ThresholdRule;
  /** Smallest finding, default 0.5 ml. */
  readonly smallestMl?: number;
  /** Maps a point of the PET to the CT (LPS mm): the `pull` of a registration with the PET as fixed image. */
  readonly ctFromPet?: Mat4;
}

const SMALLEST_ML = 0.5;

interface Judged {
  readonly piece: Piece;
  readonly voxels: Uint32Array;
  readonly max: number;
}

/**
 * Finds what takes up more tracer than it should and tells lesions from physiological uptake, by thresholds, CT
 * anatomy and position; no learned model. `suv` is the PET in SUV.
 *
 * Fails with LESIONS_UNIT where the PET is not in SUV.
 */
export async function findLesions(
  suv: Volume,
  anatomy: CtAnatomy,
  options: FindOptions = {},
): Promise<FoundLesions> {
  if (!suv.unit.startsWith('g/ml')) {
    throw new PhotopeakError('Lesions are sought in SUV', {
      code: 'LESIONS_UNIT',
      expected: 'a volume in g/ml (SUV)',
      found: suv.unit,
      remedy:
        'Convert the PET to SUV first; where that is refused, lesions cannot be found by SUV thresholds.',
    });
  }
  const fused = fuse(anatomy, suv, options.ctFromPet === undefined ? {} : { ctFromPet: options.ctFromPet });
  const marks = findLandmarks(fused);
  const { mask: liverMask, ...liver } = await placeLiverReference(fused, marks);
  const bloodPool = await placeBloodPoolReference(fused, marks);
  const threshold = resolveThreshold(options.threshold ?? { kind: 'percist' }, liver, bloodPool);
  const zones = await organZones(fused, marks, liverMask);
  const voxelMl = (suv.spacingMm[0] * suv.spacingMm[1] * suv.spacingMm[2]) / 1000;
  const smallest = Math.max(1, Math.ceil((options.smallestMl ?? SMALLEST_ML) / voxelMl - 1e-9));
  const surroundings: Surroundings = {
    threshold: threshold.suv,
    liver: liver.status === 'placed' ? { mean: liver.region.mean, sd: liver.region.sd } : undefined,
  };

  const judged: Judged[] = [];
  for (const candidate of candidatesAbove(suv, threshold.suv, smallest)) {
    const split = await splitBasins(suv, candidate, smallest);
    const found = pieces(suv, split, (voxels, peakIndex) => {
      const features = featuresOf(suv, voxels, peakIndex, fused, marks, zones);
      const organ = physiologyOf(features, surroundings);
      return { features, physiology: organ };
    });
    for (const piece of found)
      if (piece.voxels.length >= smallest)
        judged.push({ piece, voxels: piece.voxels, max: suv.data[piece.peakIndex]! });
  }
  const outlined =
    threshold.rule.kind === 'relative' ? outlineAtShare(suv, judged, threshold.rule.share) : judged;

  const kinds = outlined.map(({ piece, voxels, max }) => {
    const { features, physiology } = piece;
    const faint = physiology === undefined ? faintReason(features, surroundings) : undefined;
    const kind = physiology !== undefined ? 'physiological' : faint !== undefined ? 'faint' : 'lesion';
    const above = (max / threshold.suv).toFixed(1);
    return {
      kind: kind as Finding['kind'],
      hidden: kind !== 'lesion',
      organ: physiology?.organ,
      reason:
        physiology?.reason ?? faint ?? `no organ takes up tracer here; maximum ${above} times the threshold`,
      confidence:
        physiology?.confidence ?? (faint !== undefined ? 0.5 : lesionConfidence(max, threshold.suv)),
      voxels,
      max,
      features,
    };
  });
  // Equal maxima are ordered by place, so that the numbers never depend on the order of the search.
  kinds.sort((a, b) => Number(a.hidden) - Number(b.hidden) || b.max - a.max || a.voxels[0]! - b.voxels[0]!);
  const size = suv.size[0] * suv.size[1] * suv.size[2];
  const data = kinds.length <= 255 ? new Uint8Array(size) : new Uint16Array(size);
  const findings = kinds.map(({ voxels, max: _, ...rest }, n): Finding => {
    for (const index of voxels) data[index] = n + 1;
    return { id: n + 1, ...rest, site: siteOf(rest.features), measurement: measureVoxels(suv, voxels) };
  });
  return {
    findings,
    labels: {
      size: suv.size as Vec3,
      spacingMm: suv.spacingMm,
      origin: suv.origin,
      direction: suv.direction,
      data,
      unit: '1',
    },
    threshold,
    liver,
    bloodPool,
  };
}

/** 0.5 at the threshold, towards 0.95 at three times the threshold. */
function lesionConfidence(max: number, threshold: number): number {
  return Math.min(0.95, 0.5 + 0.225 * (max / threshold - 1));
}
