import { type Grid, PhotopeakError, type Vec3, type Volume } from '@photopeak/imaging';
import { cos, exp, PI, sin } from '../shared/exact-math.ts';
import { Random } from '../shared/random.ts';
import { Head, type HeadTissue } from './anatomy.ts';

export interface MrHeadOptions {
  readonly seed: number;
  /** Voxels along each axis and their edge. Default 96 of 1.8 mm. */
  readonly size?: number;
  readonly spacingMm?: number;
  /** σ of each channel; white matter has a signal of 200. Default 10. */
  readonly sigma?: number;
  /** Receiver coils whose root of the sum of squares is the image. Default 1: Rician noise. */
  readonly coils?: number;
}

export interface MrHead {
  readonly truth: Volume<Float32Array>;
  readonly noisy: Volume<Float32Array>;
}

export interface DiffusionOptions extends Omit<MrHeadOptions, 'coils'> {
  /** Directions at b = 1000 s/mm², after three volumes without weighting. Default 30. */
  readonly directions?: number;
}

export interface DiffusionSeries {
  readonly truth: readonly Volume<Float32Array>[];
  readonly noisy: readonly Volume<Float32Array>[];
}

/** T1-weighted signal. */
const signals: Readonly<Record<HeadTissue, number>> = {
  air: 0,
  scalp: 230,
  skull: 12,
  csf: 45,
  grey: 135,
  white: 200,
};
/** Signal without weighting, and diffusivities along and across the fibre, 10⁻³ mm²/s. */
const diffusion: Readonly<Record<HeadTissue, readonly [signal: number, along: number, across: number]>> = {
  air: [0, 0, 0],
  scalp: [20, 0.3, 0.3],
  skull: [4, 0.3, 0.3],
  csf: [260, 3, 3],
  grey: [140, 0.8, 0.8],
  white: [110, 1.7, 0.3],
};
const GRAIN = 0.03;
/** How far the sensitivity of the coil falls over the image. */
const SHADING = 0.25;
const B_VALUE = 1;
const UNWEIGHTED = 3;

function check({ seed, size = 96, spacingMm = 1.8, sigma = 10 }: MrHeadOptions): void {
  const isValid =
    Number.isSafeInteger(seed) &&
    seed >= 0 &&
    Number.isInteger(size) &&
    size >= 8 &&
    size <= 256 &&
    spacingMm > 0 &&
    sigma >= 0;
  if (isValid) return;
  throw new PhotopeakError('The MR head cannot be made with these options', {
    code: 'PHANTOM_OPTION_INVALID',
    expected: 'a seed from 0, a size from 8 to 256, a spacing above 0, a sigma from 0',
    found: `seed ${seed}, size ${size}, spacing ${spacingMm}, sigma ${sigma}`,
    remedy: 'see docs/phantoms.md',
  });
}

function gridOf({ size = 96, spacingMm = 1.8 }: MrHeadOptions): Grid {
  const edge = (-(size - 1) * spacingMm) / 2;
  return {
    size: [size, size, size],
    spacingMm: [spacingMm, spacingMm, spacingMm],
    origin: [edge, edge, edge],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
}

/** Calls `use` for each voxel with the mean over its eight octants of what `value` gives at a point. */
function rendered(
  grid: Grid,
  values: number,
  value: (x: number, y: number, z: number, out: Float64Array) => void,
) {
  const [nx, ny, nz] = grid.size;
  const data = Array.from({ length: values }, () => new Float32Array(nx * ny * nz));
  const point = new Float64Array(values);
  const sum = new Float64Array(values);
  const quarter = grid.spacingMm[0] / 4;
  for (let at = 0; at < nx * ny * nz; at++) {
    sum.fill(0);
    for (let octant = 0; octant < 8; octant++) {
      const sign = (bit: number) => ((octant >> bit) & 1 ? quarter : -quarter);
      const x = grid.origin[0] + (at % nx) * grid.spacingMm[0] + sign(0);
      const y = grid.origin[1] + (Math.floor(at / nx) % ny) * grid.spacingMm[1] + sign(1);
      const z = grid.origin[2] + Math.floor(at / (nx * ny)) * grid.spacingMm[2] + sign(2);
      value(x, y, z, point);
      for (let n = 0; n < values; n++) sum[n]! += point[n]! / 8;
    }
    for (let n = 0; n < values; n++) data[n]![at] = sum[n]!;
  }
  return data;
}

/** A T1-weighted head of known truth, and the magnitude image with noise of its receiver coils. Signal in `1`. */
export function mrHead(options: MrHeadOptions): MrHead {
  check(options);
  const { seed, sigma = 10, coils = 1 } = options;
  const grid = gridOf(options);
  const head = new Head(seed);
  const [data] = rendered(grid, 1, (x, y, z, out) => {
    const shading = 1 - SHADING * (0.5 + 0.5 * sin(x / 70) * cos(y / 90));
    out[0] = signals[head.at(x, y, z)] * (1 + GRAIN * head.grain(x, y, z)) * shading;
  }) as [Float32Array];
  const truth = { ...grid, data, unit: '1' };
  return {
    truth,
    noisy: { ...truth, data: magnitude(data, sigma, coils, Random.of('mr-head', seed, 'noise')) },
  };
}

function magnitude(truth: Float32Array, sigma: number, coils: number, random: Random): Float32Array {
  const share = 1 / Math.sqrt(coils);
  return truth.map((signal) => {
    let power = 0;
    for (let coil = 0; coil < coils; coil++) {
      const real = signal * share + sigma * random.normal();
      const imaginary = sigma * random.normal();
      power += real * real + imaginary * imaginary;
    }
    return Math.sqrt(power);
  });
}

/** Directions spread evenly over half a sphere (golden spiral). */
function directionsOf(count: number): Vec3[] {
  return Array.from({ length: count }, (_, n) => {
    const z = (n + 0.5) / count;
    const angle = PI * (1 + Math.sqrt(5)) * n;
    const turn = angle - 2 * PI * Math.floor(angle / (2 * PI));
    const r = Math.sqrt(1 - z * z);
    return [r * cos(turn), r * sin(turn), z];
  });
}

/** Diffusion-weighted volumes of the same head with white matter of changing direction, and with Rician noise. */
export function diffusionHead(options: DiffusionOptions): DiffusionSeries {
  check(options);
  const { seed, sigma = 10, directions = 30 } = options;
  const grid = gridOf(options);
  const head = new Head(seed);
  const gradients: (Vec3 | undefined)[] = [
    ...Array.from({ length: UNWEIGHTED }, () => undefined),
    ...directionsOf(directions),
  ];
  const volumes = rendered(grid, gradients.length, (x, y, z, out) => {
    const tissue = head.at(x, y, z);
    const [signal, along, across] = diffusion[tissue];
    // Fibres turn slowly through the head.
    const tilt = x / 45;
    const turn = y / 60 + z / 80;
    const fibre: Vec3 = [sin(tilt) * cos(turn), sin(tilt) * sin(turn), cos(tilt)];
    const strength = signal * (1 + GRAIN * head.grain(x, y, z));
    gradients.forEach((g, n) => {
      const part = g === undefined ? 0 : g[0] * fibre[0] + g[1] * fibre[1] + g[2] * fibre[2];
      out[n] =
        g === undefined ? strength : strength * exp(-B_VALUE * (across + (along - across) * part * part));
    });
  });
  const truth = volumes.map((data) => ({ ...grid, data, unit: '1' }));
  return {
    truth,
    noisy: truth.map((volume, n) => ({
      ...volume,
      data: magnitude(volume.data, sigma, 1, Random.of('mr-head', seed, 'diffusion', n)),
    })),
  };
}
