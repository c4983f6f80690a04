import type { Vec3 } from '@photopeak/imaging';
import { exp } from '../shared/exact-math.ts';
import { LatticeField } from '../shared/lattice-field.ts';
import type { Random } from '../shared/random.ts';

/** Nodes of the displacement: fine enough that trilinear between them is smooth. */
const LATTICE_MM = 6;
/** Nodes of the random part. */
const RANDOM_MM = 56;
const LARGEST_RANDOM_MM = 6;
const REST_SHIFT_MM: Vec3 = [4, -3, 2];

/** Weights of the uniform cubic B-spline at fraction f. */
function spline(f: number): readonly [number, number, number, number] {
  const g = 1 - f;
  return [
    (g * g * g) / 6,
    (3 * f * f * f - 6 * f * f + 4) / 6,
    (-3 * f * f * f + 3 * f * f + 3 * f + 1) / 6,
    (f * f * f) / 6,
  ];
}

/** A smooth random displacement: cubic B-splines over random coefficients on a coarse lattice. */
function randomWave(random: Random, low: Vec3, high: Vec3): (x: number, y: number, z: number) => Vec3 {
  const size = low.map((mm, axis) => Math.ceil((high[axis]! - mm) / RANDOM_MM) + 4) as unknown as Vec3;
  const coefficients = Float64Array.from({ length: 3 * size[0] * size[1] * size[2] }, () =>
    random.between(-1, 1),
  );
  return (x, y, z) => {
    const g = [x, y, z].map((mm, axis) => (mm - low[axis]!) / RANDOM_MM) as [number, number, number];
    const base = g.map(Math.floor) as [number, number, number];
    const weights = g.map((value, axis) => spline(value - base[axis]!));
    const sum: [number, number, number] = [0, 0, 0];
    for (let c = 0; c < 4; c++)
      for (let b = 0; b < 4; b++)
        for (let a = 0; a < 4; a++) {
          const at = 3 * (base[0] + a + size[0] * (base[1] + b + size[1] * (base[2] + c)));
          const weight = weights[0]![a]! * weights[1]![b]! * weights[2]![c]!;
          for (let axis = 0; axis < 3; axis++) sum[axis]! += weight * coefficients[at + axis]!;
        }
    return sum;
  };
}

export interface TorsoMotion {
  /** Writes where a point of the fixed image lies in the moving one. */
  move(x: number, y: number, z: number, out: Float64Array): void;
  toMoving(point: Vec3): Vec3;
  toFixed(point: Vec3): Vec3;
}

/** Says of a point whether it lies inside what slides along the wall of the chest; of x and y alone. */
export type InsideWall = (x: number, y: number) => boolean;

/**
 * Breathing of `breathingMm` at the domes, a smooth random part of at most `randomMm`, and a shift. With `slides` only what
 * lies inside the wall breathes: it slides up and down along a cylinder, so that nothing opens or overlaps.
 */
export function torsoMotion(
  random: Random,
  low: Vec3,
  high: Vec3,
  breathingMm: number,
  randomMm = LARGEST_RANDOM_MM,
  slides?: InsideWall,
): TorsoMotion {
  const wave = randomWave(random, low, high);
  const bounds = { low, high };
  const raw = new LatticeField(bounds, LATTICE_MM, wave);
  let largest = 0;
  for (let n = 0; n < raw.data.length; n += 3)
    largest = Math.max(largest, Math.hypot(raw.data[n]!, raw.data[n + 1]!, raw.data[n + 2]!));
  const scale = randomMm / largest;
  const dome: Vec3 = [random.between(-25, 5), random.between(-15, 15), random.between(-70, -45)];
  const breath = (x: number, y: number, z: number) =>
    breathingMm * exp(-(((x - dome[0]) / 120) ** 2 + ((y - dome[1]) / 100) ** 2 + ((z - dome[2]) / 75) ** 2));
  // Trilinear between nodes, which makes the truth exact.
  const smooth = new LatticeField(bounds, LATTICE_MM, (x, y, z) => {
    const w = wave(x, y, z);
    return [
      REST_SHIFT_MM[0] + scale * w[0],
      REST_SHIFT_MM[1] + scale * w[1],
      REST_SHIFT_MM[2] + scale * w[2] + (slides === undefined ? breath(x, y, z) : 0),
    ];
  });
  const move = (x: number, y: number, z: number, out: Float64Array) => {
    smooth.sample(x, y, z, out);
    out[0]! += x;
    out[1]! += y;
    out[2]! += z;
    if (slides?.(out[0]!, out[1]!) === true) out[2]! += breath(out[0]!, out[1]!, out[2]!);
  };
  const out = new Float64Array(3);
  const toMoving = ([x, y, z]: Vec3): Vec3 => {
    move(x, y, z, out);
    return [out[0]!, out[1]!, out[2]!];
  };
  const beforeSliding = ([x, y, z]: Vec3): Vec3 => {
    if (slides?.(x, y) !== true) return [x, y, z];
    let before = z;
    for (let n = 0; n < 40; n++) before = z - breath(x, y, before);
    return [x, y, before];
  };
  return {
    move,
    toMoving,
    toFixed(point) {
      const target = beforeSliding(point);
      let x = target;
      for (let n = 0; n < 40; n++) {
        smooth.sample(x[0], x[1], x[2], out);
        x = [target[0] - out[0]!, target[1] - out[1]!, target[2] - out[2]!];
      }
      return x;
    },
  };
}
