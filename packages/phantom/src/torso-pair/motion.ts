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
  /** A point x of the fixed image lies at x + field(x) in the moving one; exact, trilinear between its nodes. */
  readonly field: LatticeField;
  toMoving(point: Vec3): Vec3;
  toFixed(point: Vec3): Vec3;
}

/** Breathing of `breathingMm` at the domes, a smooth random part of at most `randomMm`, and a shift. */
export function torsoMotion(
  random: Random,
  low: Vec3,
  high: Vec3,
  breathingMm: number,
  randomMm = LARGEST_RANDOM_MM,
): TorsoMotion {
  const wave = randomWave(random, low, high);
  const bounds = { low, high };
  const raw = new LatticeField(bounds, LATTICE_MM, wave);
  let largest = 0;
  for (let n = 0; n < raw.data.length; n += 3)
    largest = Math.max(largest, Math.hypot(raw.data[n]!, raw.data[n + 1]!, raw.data[n + 2]!));
  const scale = randomMm / largest;
  const dome: Vec3 = [random.between(-25, 5), random.between(-15, 15), random.between(-70, -45)];
  const field = new LatticeField(bounds, LATTICE_MM, (x, y, z) => {
    const w = wave(x, y, z);
    const squares = ((x - dome[0]) / 120) ** 2 + ((y - dome[1]) / 100) ** 2 + ((z - dome[2]) / 75) ** 2;
    return [
      REST_SHIFT_MM[0] + scale * w[0],
      REST_SHIFT_MM[1] + scale * w[1],
      REST_SHIFT_MM[2] + scale * w[2] + breathingMm * exp(-squares),
    ];
  });
  const out = new Float64Array(3);
  const toMoving = ([x, y, z]: Vec3): Vec3 => {
    field.sample(x, y, z, out);
    return [x + out[0]!, y + out[1]!, z + out[2]!];
  };
  return {
    field,
    toMoving,
    toFixed(point) {
      let x = point;
      for (let n = 0; n < 40; n++) {
        const y = toMoving(x);
        x = [x[0] + point[0] - y[0], x[1] + point[1] - y[1], x[2] + point[2] - y[2]];
      }
      return x;
    },
  };
}
