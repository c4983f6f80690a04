import { halfDepthExtent } from './half-depth-extent.ts';
import { LIMIT_SD, type NormalLimits, normalLevel } from './normals.ts';
import { PIXELS, type PolarMap } from './polar-map.ts';
import { segmentUptake } from './segment-uptake.ts';
import { SEGMENT_OF_PIXEL, SEGMENTS, type Territory } from './segments.ts';

export interface PerfusionOptions {
  /** Uptake as a share of normal below which a segment scores 1, 2, 3, 4. */
  readonly scoreLimits?: readonly [number, number, number, number];
  /** Resolution of the image, full width at half maximum, mm. Default 14. */
  readonly fwhmMm?: number;
}

export const SCORE_LIMITS = [0.7, 0.6, 0.5, 0.4] as const;
const USUAL_FWHM_MM = 14;
/** Loss of uptake, as a share of normal, at which a pixel counts fully in the total perfusion deficit. */
const FULL_LOSS = 0.7;

export interface SegmentPerfusion {
  readonly segment: number;
  /** Uptake as a share of the normal level. */
  readonly uptake: number;
  /** Uptake as a share of what is normal there, with the mixing of segments by blur undone. */
  readonly ofNormal: number;
  /** 0 normal to 4 absent. */
  readonly score: 0 | 1 | 2 | 3 | 4;
}

export interface TerritoryPerfusion {
  readonly territory: Territory;
  readonly score: number;
  /** Share of the territory that is abnormal, 0 to 1. */
  readonly extent: number;
}

export interface Perfusion {
  /** Uptake of each pixel as a share of the normal level. */
  readonly uptake: Float32Array;
  /** 1 where uptake is below mean − 2.5 SD. */
  readonly abnormal: Uint8Array;
  /** The value of the volume that stands for normal uptake. */
  readonly level: number;
  /** Share of the ventricle's surface that is abnormal, 0 to 1. */
  readonly extent: number;
  /** Mean deviation of abnormal pixels from normal in SD, null where none is. */
  readonly severitySd: number | null;
  /** Total perfusion deficit, 0 to 1: extent weighted by the loss. */
  readonly tpd: number;
  /**
   * Share of the surface inside the half-depth contours of the defects: what is left of the extent when the blur of
   * the image is not counted as defect.
   */
  readonly halfDepthExtent: number;
  readonly segments: readonly SegmentPerfusion[];
  readonly territories: readonly TerritoryPerfusion[];
  /** Sum of the segment scores: SSS at stress, SRS at rest. */
  readonly summedScore: number;
}

/** Compares a map with normal limits. */
export function perfusion(map: PolarMap, limits: NormalLimits, options: PerfusionOptions = {}): Perfusion {
  const cutoffs = options.scoreLimits ?? SCORE_LIMITS;
  const level = normalLevel(map, limits);
  const uptake = map.values.map((value) => value / level);
  const abnormal = new Uint8Array(PIXELS);
  let extent = 0;
  let deviation = 0;
  let tpd = 0;
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const mean = limits.mean[pixel]!;
    const sd = limits.sd[pixel]!;
    if (uptake[pixel]! >= mean - LIMIT_SD * sd) continue;
    abnormal[pixel] = 1;
    const area = map.areas[pixel]!;
    extent += area;
    deviation += (area * (mean - uptake[pixel]!)) / sd;
    tpd += area * Math.min(1, (1 - uptake[pixel]! / mean) / FULL_LOSS);
  }
  const ratios = uptake.map((value, pixel) => value / limits.mean[pixel]!);
  const ofNormals = segmentUptake(map, ratios, options.fwhmMm ?? USUAL_FWHM_MM).map((value) =>
    Math.max(0, value),
  );
  const segments = SEGMENTS.map(({ number }): SegmentPerfusion => {
    let seen = 0;
    let area = 0;
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      if (SEGMENT_OF_PIXEL[pixel] !== number) continue;
      seen += map.areas[pixel]! * uptake[pixel]!;
      area += map.areas[pixel]!;
    }
    const ofNormal = ofNormals[number - 1]!;
    const score = cutoffs.filter((cutoff) => ofNormal < cutoff).length as SegmentPerfusion['score'];
    return { segment: number, uptake: seen / area, ofNormal, score };
  });
  return {
    uptake,
    abnormal,
    level,
    extent,
    severitySd: extent > 0 ? deviation / extent : null,
    tpd,
    halfDepthExtent: halfDepthExtent(map, uptake, abnormal, limits),
    segments,
    territories: (['LAD', 'LCX', 'RCA'] as const).map((territory) =>
      territoryOf(territory, map, abnormal, segments),
    ),
    summedScore: segments.reduce((sum, { score }) => sum + score, 0),
  };
}

function territoryOf(
  territory: Territory,
  map: PolarMap,
  abnormal: Uint8Array,
  segments: readonly SegmentPerfusion[],
): TerritoryPerfusion {
  const numbers = new Set(
    SEGMENTS.filter((segment) => segment.territory === territory).map(({ number }) => number),
  );
  let all = 0;
  let sick = 0;
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    if (!numbers.has(SEGMENT_OF_PIXEL[pixel]!)) continue;
    all += map.areas[pixel]!;
    if (abnormal[pixel] === 1) sick += map.areas[pixel]!;
  }
  const score = segments
    .filter(({ segment }) => numbers.has(segment))
    .reduce((sum, one) => sum + one.score, 0);
  return { territory, score, extent: sick / all };
}
