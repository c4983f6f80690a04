import { createVolume, emptyVolume, type Grid, type Vec3, type Volume } from '@photopeak/imaging';
import { blurPlane, gaussianKernel } from '../shared/blur.ts';
import { exp, square } from '../shared/exact-math.ts';
import type { Random } from '../shared/random.ts';

/** Sub-samples of a voxel along each axis, in two stages: the drawing is twice as fine, and each of its voxels is. */
const FINER = 2;
const SIGMA_OF_FWHM = 1 / 2.3548200450309493;

/** What is drawn, and the ball in which it has fine detail: there each fine voxel is the mean of eight points. */
export interface Drawing {
  readonly detail: { readonly centre: Vec3; readonly radiusMm: number };
  at(x: number, y: number, z: number): number;
}

/** The field drawn on a grid twice as fine as `grid`, axis-aligned. */
export function draw(field: Drawing, grid: Grid): Volume<Float32Array> {
  const spacing = grid.spacingMm[0] / FINER;
  const size = grid.size.map((n) => n * FINER) as unknown as Grid['size'];
  const origin = grid.origin.map((o, axis) => o - grid.spacingMm[axis]! / 2 + spacing / 2);
  const fine = emptyVolume(
    {
      size,
      spacingMm: [spacing, spacing, spacing],
      origin: origin as unknown as Grid['origin'],
      direction: grid.direction,
    },
    'float32',
    '1',
  );
  const quarter = spacing / 4;
  const { centre, radiusMm } = field.detail;
  let index = 0;
  for (let k = 0; k < size[2]; k++) {
    const z = origin[2]! + k * spacing;
    for (let j = 0; j < size[1]; j++) {
      const y = origin[1]! + j * spacing;
      for (let i = 0; i < size[0]; i++) {
        const x = origin[0]! + i * spacing;
        if (square(x - centre[0]) + square(y - centre[1]) + square(z - centre[2]) > square(radiusMm)) {
          fine.data[index++] = field.at(x, y, z);
          continue;
        }
        let sum = 0;
        for (let n = 0; n < 8; n++)
          sum += field.at(
            x + (n & 1 ? quarter : -quarter),
            y + (n & 2 ? quarter : -quarter),
            z + (n & 4 ? quarter : -quarter),
          );
        fine.data[index++] = sum / 8;
      }
    }
  }
  return fine;
}

/** Gaussian blur of the same width along all axes; nothing lies outside. */
export function blur(volume: Volume<Float32Array>, fwhmMm: number): Volume<Float32Array> {
  const [nx, ny, nz] = volume.size;
  const kernel = gaussianKernel((fwhmMm * SIGMA_OF_FWHM) / volume.spacingMm[0]);
  const none = gaussianKernel(0);
  const area = nx * ny;
  const first = new Float32Array(volume.data.length);
  for (let k = 0; k < nz; k++) {
    const plane = first.subarray(k * area, (k + 1) * area);
    blurPlane(volume.data.subarray(k * area, (k + 1) * area), plane, nx, ny, kernel, kernel, 0);
  }
  const data = new Float32Array(first.length);
  const source = new Float32Array(nx * nz);
  const target = new Float32Array(nx * nz);
  for (let j = 0; j < ny; j++) {
    for (let k = 0; k < nz; k++)
      source.set(first.subarray(k * area + j * nx, k * area + (j + 1) * nx), k * nx);
    blurPlane(source, target, nx, nz, none, kernel, 0);
    for (let k = 0; k < nz; k++) data.set(target.subarray(k * nx, (k + 1) * nx), k * area + j * nx);
  }
  return createVolume(volume, data, volume.unit);
}

/** Means of the fine voxels under each voxel of `grid`. */
export function gather(fine: Volume<Float32Array>, grid: Grid): Volume<Float32Array> {
  const coarse = emptyVolume(grid, 'float32', fine.unit);
  const [nx, ny, nz] = grid.size;
  const [fx, fy] = fine.size;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        let sum = 0;
        for (let n = 0; n < 8; n++) {
          const at =
            FINER * i + (n & 1) + fx * (FINER * j + ((n >> 1) & 1) + fy * (FINER * k + ((n >> 2) & 1)));
          sum += fine.data[at]!;
        }
        coarse.data[i + nx * (j + ny * k)] = sum / 8;
      }
  return coarse;
}

/** Below this mean the Poisson law is drawn itself, above a normal one stands for it. */
const SMALL_MEAN = 25;

/** Draws counts around the means in place. */
export function countNoise(means: Float32Array, random: Random, factor: number): void {
  for (let n = 0; n < means.length; n++) {
    const mean = means[n]!;
    if (mean <= 0) continue;
    const drawn =
      mean < SMALL_MEAN ? poisson(mean, random) : Math.max(0, mean + Math.sqrt(mean) * random.normal());
    means[n] = mean + factor * (drawn - mean);
  }
}

/** Knuth's product of uniform numbers. */
function poisson(mean: number, random: Random): number {
  const limit = exp(-mean);
  let product = 1;
  for (let count = 0; ; count++) {
    product *= random.uniform();
    if (product <= limit) return count;
  }
}
