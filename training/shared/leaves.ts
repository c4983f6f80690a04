import { emptyVolume, type Volume } from '@photopeak/imaging';
import type { Random } from '@photopeak/phantom';

/** Places along each edge of a voxel. */
const FINER = 2;
/** Half axes, voxels: many small ones, few large. */
const RADIUS = [1.2, 30] as const;
const SHAPES = 420;
/** Brightest value. */
const MOST = 1000;

type Axes = readonly [number, number, number];

/** Three directions at right angles to each other. */
function turned(random: Random): readonly [Axes, Axes, Axes] {
  const [a, b] = [0, 1].map(() => [random.normal(), random.normal(), random.normal()] as const) as [
    Axes,
    Axes,
  ];
  const unit = (v: Axes): Axes => {
    const length = Math.hypot(...v);
    return [v[0] / length, v[1] / length, v[2] / length];
  };
  const cross = (u: Axes, v: Axes): Axes => [
    u[1] * v[2] - u[2] * v[1],
    u[2] * v[0] - u[0] * v[2],
    u[0] * v[1] - u[1] * v[0],
  ];
  const first = unit(a);
  const second = unit(cross(first, b));
  return [first, second, cross(first, second)];
}

/**
 * Leaves that cover each other: ellipsoids, rods, plates and bricks of all sizes and directions with sharp edges, larger ones
 * below. What images of the body have in common with nature, edges of every scale and contrast, and no anatomy. A cube of
 * `size` voxels, half of them in air.
 */
export function deadLeaves(size: number, random: Random): Volume<Float32Array> {
  const fine = size * FINER;
  const data = new Float32Array(fine ** 3);
  const isBody = random.uniform() < 0.5;
  const spread = random.between(0.2, 1);
  const base = isBody ? 0 : random.between(0, MOST);
  data.fill(base);
  const radii = Array.from(
    { length: SHAPES },
    () => RADIUS[0] * (RADIUS[1] / RADIUS[0]) ** (random.uniform() ** 1.4),
  );
  radii.sort((a, b) => b - a);
  if (isBody) {
    const half = [0, 1, 2].map(() => random.between(0.36, 0.56) * size) as [number, number, number];
    paint(
      data,
      fine,
      [size / 2, size / 2, size / 2],
      half,
      turned(random),
      2,
      random.between(0.3, 1) * MOST,
      () => true,
    );
  }
  const inside = isBody ? (at: number) => data[at]! > 0 : () => true;
  const middle = random.between(0.2, 0.8) * MOST;
  for (const radius of radii) {
    const kind = random.uniform();
    // Rods are thin in two directions, plates in one.
    const [b, c] =
      kind < 0.2 ? [0.2, 0.2] : kind < 0.4 ? [1, 0.2] : [random.between(0.5, 1), random.between(0.5, 1)];
    const half = [radius, Math.max(0.7, radius * b), Math.max(0.7, radius * c)] as const;
    const centre = [0, 1, 2].map(() => random.uniform() * size) as [number, number, number];
    const value = Math.min(
      MOST,
      Math.max(isBody ? 20 : 0, middle + spread * random.between(-MOST / 2, MOST / 2)),
    );
    paint(data, fine, centre, half, turned(random), random.uniform() < 0.75 ? 2 : 8, value, inside);
  }
  return joined(data, size);
}

/** Places where Σ|xᵢ/halfᵢ|ᵖ < 1: an ellipsoid for p = 2, nearly a brick for p = 8. */
function paint(
  data: Float32Array,
  fine: number,
  centre: readonly number[],
  half: readonly number[],
  axes: readonly Axes[],
  power: 2 | 8,
  value: number,
  inside: (at: number) => boolean,
): void {
  const reach = Math.hypot(...half);
  const range = (axis: number): [number, number] => [
    Math.max(0, Math.floor((centre[axis]! - reach) * FINER)),
    Math.min(fine - 1, Math.ceil((centre[axis]! + reach) * FINER)),
  ];
  const [[i0, i1], [j0, j1], [k0, k1]] = [range(0), range(1), range(2)];
  for (let k = k0; k <= k1; k++)
    for (let j = j0; j <= j1; j++)
      for (let i = i0; i <= i1; i++) {
        const [x, y, z] = [
          (i + 0.5) / FINER - centre[0]!,
          (j + 0.5) / FINER - centre[1]!,
          (k + 0.5) / FINER - centre[2]!,
        ];
        let sum = 0;
        for (let n = 0; n < 3 && sum < 1; n++) {
          const axis = axes[n]!;
          const along = (axis[0] * x + axis[1] * y + axis[2] * z) / half[n]!;
          const square = along * along;
          sum += power === 2 ? square : square ** 4;
        }
        const at = i + fine * (j + fine * k);
        if (sum < 1 && inside(at)) data[at] = value;
      }
}

/** Each voxel the mean of its places. */
function joined(data: Float32Array, size: number): Volume<Float32Array> {
  const fine = size * FINER;
  const volume = emptyVolume(
    {
      size: [size, size, size],
      spacingMm: [1, 1, 1],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    },
    'float32',
    '1',
  );
  for (let at = 0; at < data.length; at++) {
    const [i, j, k] = [at % fine, Math.floor(at / fine) % fine, Math.floor(at / (fine * fine))];
    volume.data[(i >> 1) + size * ((j >> 1) + size * (k >> 1))]! += data[at]! / FINER ** 3;
  }
  return volume;
}
