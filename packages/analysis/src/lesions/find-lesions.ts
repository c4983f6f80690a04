import type { Vec3, Volume } from '@photopeak/imaging';
import type { CtAnatomy, RegionOutcome } from '../anatomy/index.ts';
import { measureVoxels, type RegionMeasurement } from '../measurements/index.ts';
import type { TracerName } from '../tracers/index.ts';
import { splitBasins } from './basins.ts';
import type { Features } from './features.ts';
import { isDecidedByModel, judge, type UptakeProbability } from './model/judge.ts';
import { outlineFindings } from './outline.ts';
import { faintReason, type Organ } from './physiology.ts';
import { type Piece, pieces } from './pieces.ts';
import { type FindOptions, prepareSearch } from './search.ts';
import { type Site, siteOf } from './site.ts';
import type { Threshold } from './threshold.ts';
import { splitTouching } from './touching.ts';

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
  /** What the model says; undefined for an unknown tracer. */
  readonly probability: UptakeProbability | undefined;
  readonly site: Site;
  /** Its voxels lie at or above this value. */
  readonly outlineSuv: number;
  readonly measurement: RegionMeasurement;
  readonly features: Features;
}

export interface FoundLesions {
  readonly tracer: TracerName;
  readonly findings: readonly Finding[];
  /** Id of the finding at each voxel of the PET, 0 elsewhere. */
  readonly labels: Volume<Uint8Array | Uint16Array>;
  readonly threshold: Threshold;
  readonly liver: RegionOutcome;
  readonly bloodPool: RegionOutcome;
}

interface Judged {
  readonly piece: Piece;
  readonly voxels: Uint32Array;
  readonly max: number;
}

/**
 * Finds what takes up more tracer than it should and tells lesions from physiological uptake by rules and by a model
 * trained on simulated studies, whichever was measured better for the tracer. `suv` is the PET in SUV.
 *
 * Fails with LESIONS_UNIT where the PET is not in SUV.
 */
export async function findLesions(
  suv: Volume,
  anatomy: CtAnatomy,
  options: FindOptions = {},
): Promise<FoundLesions> {
  const search = await prepareSearch(suv, anatomy, options);
  const { threshold, surroundings, smallest } = search;
  const judgePiece = (voxels: Uint32Array, peakIndex: number) =>
    judge(search.describe(voxels, peakIndex), surroundings, options.calibration);
  const judged: Judged[] = [];
  for (const candidate of search.candidates) {
    const split = await splitBasins(suv, candidate, smallest);
    const hills = pieces(suv, split, judgePiece);
    for (const piece of await splitTouching(suv, hills, { ...search, judge: judgePiece }))
      if (piece.voxels.length >= smallest)
        judged.push({ piece, voxels: piece.voxels, max: suv.data[piece.peakIndex]! });
  }
  const outlined = await outlineFindings(
    suv,
    judged,
    threshold.outline,
    threshold.suv,
    // An organ drawn in by its own maximum would drop what is beside it: all of it stays one click away.
    ({ piece }) => piece.physiology === undefined,
  );

  const kinds = outlined.map(({ piece, voxels, max, level }) => {
    const { physiology } = piece;
    const { features, probability } = piece.judgement;
    const faint = physiology === undefined ? faintReason(features, surroundings) : undefined;
    const kind = physiology !== undefined ? 'physiological' : faint !== undefined ? 'faint' : 'lesion';
    const above = (max / threshold.suv).toFixed(1);
    return {
      kind: kind as Finding['kind'],
      hidden: kind !== 'lesion',
      organ: physiology?.organ,
      reason: physiology?.reason ?? faint ?? listedReason(search.preset.name, probability, above),
      confidence:
        physiology?.confidence ?? (faint !== undefined ? 0.5 : lesionConfidence(max, threshold.suv)),
      probability,
      outlineSuv: level,
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
    tracer: search.preset.name,
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
    liver: search.liver,
    bloodPool: search.bloodPool,
  };
}

/** Why a finding is listed: what the model says where it decides, else that no rule holds. */
function listedReason(tracer: TracerName, probability: UptakeProbability | undefined, above: string): string {
  return probability !== undefined && isDecidedByModel(tracer)
    ? probability.explanation
    : `no organ takes up tracer here; maximum ${above} times the threshold`;
}

/** 0.5 at the threshold, towards 0.95 at three times the threshold. */
function lesionConfidence(max: number, threshold: number): number {
  return Math.min(0.95, 0.5 + 0.225 * (max / threshold - 1));
}
