import { PhotopeakError } from '@photopeak/imaging';
import { PIXELS, type PolarMap } from './polar-map.ts';

/** What a perfusion map of healthy people looks like: mean and standard deviation of each pixel, normal level 1. */
export interface NormalLimits {
  readonly mean: Float32Array;
  readonly sd: Float32Array;
  /** Maps that they were built from. */
  readonly count: number;
}

/** A pixel is abnormal below mean − 2.5 SD. */
export const LIMIT_SD = 2.5;
const ROUNDS = 12;
/** The first guess of the normal level: nearly the highest ratio to the mean map. */
const FIRST_QUANTILE = 0.85;
/** A standard deviation from a few maps may be too small by chance: no pixel is taken to vary by less. */
const LEAST_SD = 0.02;

/**
 * The value that stands for normal uptake: the mean ratio to the normal map over all pixels that are not abnormal at
 * that level, found by repetition from above.
 */
export function normalLevel(map: PolarMap, limits: NormalLimits): number {
  const ratios = Float64Array.from(map.values, (value, pixel) => value / limits.mean[pixel]!);
  let level = Float64Array.from(ratios).sort()[Math.floor(PIXELS * FIRST_QUANTILE)]!;
  for (let round = 0; round < ROUNDS; round++) {
    let sum = 0;
    let weights = 0;
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const limit = limits.mean[pixel]! - LIMIT_SD * limits.sd[pixel]!;
      if (map.values[pixel]! < level * limit) continue;
      const area = map.areas[pixel]!;
      sum += area * ratios[pixel]!;
      weights += area;
    }
    if (weights === 0) break;
    level = sum / weights;
  }
  return level;
}

/** Fewest maps that limits are computed from; sites use 20 to 40 of each sex. */
export const FEWEST_NORMALS = 5;

/** Normal limits from maps of low-likelihood studies. Throws `CARDIAC_NORMALS_TOO_FEW`. */
export function buildNormalLimits(maps: readonly PolarMap[]): NormalLimits {
  if (maps.length < FEWEST_NORMALS) {
    throw new PhotopeakError('too few studies for normal limits', {
      code: 'CARDIAC_NORMALS_TOO_FEW',
      expected: `at least ${FEWEST_NORMALS} usable studies of one kind; 20 to 40 are usual`,
      found: String(maps.length),
      remedy: 'add studies of people with a low likelihood of coronary disease',
    });
  }
  const scaled = maps.map((map) => {
    const total = map.values.reduce((sum, value, pixel) => sum + value * map.areas[pixel]!, 0);
    return map.values.map((value) => value / total);
  });
  let limits = statistics(scaled);
  for (let round = 0; round < 3; round++) {
    limits = statistics(
      maps.map((map) => {
        const level = normalLevel(map, limits);
        return map.values.map((value) => value / level);
      }),
    );
  }
  // Level 1 is the strong part of the wall, as readers are used to.
  const top = Float32Array.from(limits.mean).sort()[Math.floor(PIXELS * 0.95)]!;
  return {
    mean: limits.mean.map((value) => value / top),
    sd: limits.sd.map((value) => Math.max(LEAST_SD, value / top)),
    count: maps.length,
  };
}

function statistics(maps: readonly Float32Array[]): NormalLimits {
  const mean = new Float32Array(PIXELS);
  const sd = new Float32Array(PIXELS);
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    let sum = 0;
    for (const map of maps) sum += map[pixel]!;
    const average = sum / maps.length;
    let squares = 0;
    for (const map of maps) squares += (map[pixel]! - average) ** 2;
    mean[pixel] = average;
    sd[pixel] = Math.sqrt(squares / (maps.length - 1));
  }
  return { mean, sd, count: maps.length };
}
