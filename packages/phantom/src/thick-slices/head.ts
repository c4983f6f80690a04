import { createVolume, type Volume } from '@photopeak/imaging';
import { exp, PI, sin, square } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';

export interface ThickSlicesOptions {
  readonly seed: number;
  /** Voxels of 1 mm along each axis of the truth. Default 96. */
  readonly size?: number;
  /** Millimetres from slice to slice. */
  readonly sliceMm: number;
  /** How a slice weighs what lies along its normal; the (half-maximum) width is `thicknessMm`, default `sliceMm`. */
  readonly profile?: 'box' | 'gaussian';
  readonly thicknessMm?: number;
  /** Standard deviation of Rician noise of the slices, part of the signal of white matter. Default 0.01. */
  readonly noise?: number;
  /** Slices across this axis. Default k: axial. */
  readonly axis?: 0 | 1 | 2;
}

export interface ThickSlices {
  /** 1 mm voxels, without noise. */
  readonly truth: Volume<Float32Array>;
  /** The slices: 1 mm pixels, `sliceMm` apart along the third axis. */
  readonly slices: Volume<Float32Array>;
}

const WHITE = 1000;
const SUBPLANES = 3;
/** Signals of a T1-weighted image against white matter. */
const SIGNAL = { air: 0, scalp: 900, skull: 120, fluid: 250, grey: 680, white: WHITE } as const;

interface Blob {
  readonly at: readonly [number, number, number];
  readonly radius: readonly [number, number, number];
  readonly signal: number;
}

/**
 * A head of nested surfaces: scalp, skull, fluid, a cortex folded by waves of several directions, white matter, ventricles,
 * nuclei and lesions of 2 to 6 mm. Returns the signal at a point in mm from the middle.
 */
function head(seed: number, radiusMm: number): (x: number, y: number, z: number) => number {
  const random = Random.of('thick-slices', seed);
  const axes = [random.around(0.92, 0.04), random.around(1, 0.03), random.around(0.95, 0.05)] as const;
  const waves = Array.from({ length: 7 }, () => ({
    k: [random.normal(), random.normal(), random.normal()].map((v) => v * 0.32) as [number, number, number],
    phase: random.between(0, 2 * PI),
    depth: random.between(0.5, 1.3),
  }));
  const blob = (spread: number, from: number, to: number, signal: number): Blob => ({
    at: [0, 1, 2].map(() => random.between(-spread, spread) * radiusMm) as [number, number, number],
    radius: [0, 1, 2].map(() => random.between(from, to)) as [number, number, number],
    signal,
  });
  const blobs = [
    ...Array.from({ length: 3 }, () => blob(0.2, 3, 8, SIGNAL.fluid)),
    ...Array.from({ length: 4 }, () => blob(0.35, 3, 7, SIGNAL.grey)),
    ...Array.from({ length: 12 }, () => blob(0.45, 1, 3, random.between(350, 1250))),
  ];
  return (x, y, z) => {
    const r = Math.sqrt(square(x / axes[0]) + square(y / axes[1]) + square(z / axes[2])) / radiusMm;
    if (r > 1) return SIGNAL.air;
    if (r > 0.93) return SIGNAL.scalp;
    if (r > 0.87) return SIGNAL.skull;
    for (const { at, radius, signal } of blobs) {
      const d =
        square((x - at[0]) / radius[0]) + square((y - at[1]) / radius[1]) + square((z - at[2]) / radius[2]);
      if (d < 1) return signal;
    }
    let fold = 0;
    for (const { k, phase, depth } of waves) fold += depth * sin(k[0] * x + k[1] * y + k[2] * z + phase);
    // Distance from the folded surface, about in mm: fluid in the sulci, then cortex of 3 mm, then white matter.
    const depth = (0.85 - r) * radiusMm + 2.2 * fold;
    if (depth < 0 || r > 0.86) return SIGNAL.fluid;
    if (depth < 3) return SIGNAL.grey;
    return SIGNAL.white;
  };
}

/** Thick slices of a head whose fine image is known, each voxel the mean of 3 × 3 × 3 points. */
export function thickSlices(options: ThickSlicesOptions): ThickSlices {
  const {
    seed,
    size = 96,
    sliceMm,
    profile = 'gaussian',
    thicknessMm = sliceMm,
    noise = 0.01,
    axis = 2,
  } = options;
  const signal = head(seed, size * 0.46);
  const area = size * size;
  const planes = new Float32Array(area * size * SUBPLANES);
  const middle = (size - 1) / 2;
  const order = [0, 1, 2].filter((one) => one !== axis);
  const point: [number, number, number] = [0, 0, 0];
  for (let plane = 0; plane < size * SUBPLANES; plane++) {
    point[axis] = (plane + 0.5) / SUBPLANES - 0.5 - middle;
    for (let j = 0; j < size; j++) {
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let b = 0; b < SUBPLANES; b++) {
          point[order[1]!] = j + (b + 0.5) / SUBPLANES - 0.5 - middle;
          for (let a = 0; a < SUBPLANES; a++) {
            point[order[0]!] = i + (a + 0.5) / SUBPLANES - 0.5 - middle;
            sum += signal(...point);
          }
        }
        planes[i + size * j + area * plane] = sum / square(SUBPLANES);
      }
    }
  }
  const grid = { spacingMm: [1, 1, 1], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as const;
  const truth = new Float32Array(area * size);
  for (let n = 0; n < truth.length; n++) {
    const at = Math.floor(n / area) * SUBPLANES * area + (n % area);
    for (let s = 0; s < SUBPLANES; s++) truth[n]! += planes[at + s * area]! / SUBPLANES;
  }
  const count = Math.floor(size / sliceMm);
  const data = new Float32Array(area * count);
  const random = Random.of('thick-slices', seed, 'noise');
  for (let k = 0; k < count; k++) {
    const weights = sliceWeights(
      size * SUBPLANES,
      (k + 0.5) * sliceMm * SUBPLANES,
      thicknessMm * SUBPLANES,
      profile,
    );
    for (const [plane, weight] of weights)
      for (let n = 0; n < area; n++) data[k * area + n]! += weight * planes[plane * area + n]!;
  }
  const sigma = noise * WHITE;
  for (let n = 0; n < data.length; n++) {
    const [a, b] = [data[n]! + sigma * random.normal(), sigma * random.normal()];
    data[n] = Math.sqrt(a * a + b * b);
  }
  return {
    truth: createVolume({ ...grid, size: [size, size, size] }, truth, '1'),
    slices: createVolume(
      { ...grid, size: [size, size, count], spacingMm: [1, 1, sliceMm], origin: [0, 0, (sliceMm - 1) / 2] },
      data,
      '1',
    ),
  };
}

/** Planes and their weights, which add up to 1, around `centre` (in planes from the first face). */
function sliceWeights(
  planes: number,
  centre: number,
  width: number,
  profile: 'box' | 'gaussian',
): (readonly [number, number])[] {
  const sigma = width / 2.3548200450309493;
  const all: (readonly [number, number])[] = [];
  for (let plane = 0; plane < planes; plane++) {
    const distance = plane + 0.5 - centre;
    const weight =
      profile === 'gaussian' ? exp(-square(distance / sigma) / 2) : Math.abs(distance) < width / 2 ? 1 : 0;
    if (weight > 1e-4) all.push([plane, weight]);
  }
  const sum = all.reduce((total, [, weight]) => total + weight, 0);
  return all.map(([plane, weight]) => [plane, weight / sum]);
}
