import type { Box } from './boxes.ts';
import { emptyVolume } from './create.ts';
import { voxelCount } from './geometry.ts';
import { medianBytes, type SmoothTask, smoothBytes, widened } from './pool/operations/smooth.ts';
import { runPieces, threads } from './pool/pool.ts';
import { isShared, Lease, PIECE_BYTES, ranges, stage, wholeSource } from './pool/staging.ts';
import type { Vec3, Volume, VoxelArray } from './volume.ts';
import { voxelType } from './voxels.ts';

/** Gaussian kernels end at this many standard deviations, as those of scipy.ndimage do. */
export const GAUSSIAN_TRUNCATE = 4;

/** Private memory is copied for the workers in boxes of about this size. */
const STAGED_BYTES = PIECE_BYTES / 2;

/** One number for all axes or one per axis (i, j, k). */
export type PerAxis = number | Vec3;

function perAxis(value: PerAxis): Vec3 {
  return typeof value === 'number' ? [value, value, value] : value;
}

/** Normalised weights of taps 0..radius (the other half mirrors them); radius 0 for a sigma of 0. */
export function gaussianTaps(sigmaVoxels: number, truncate = GAUSSIAN_TRUNCATE): number[] {
  const radius = Math.floor(truncate * sigmaVoxels + 0.5);
  const taps = Array.from({ length: radius + 1 }, (_, tap) =>
    tap === 0 ? 1 : Math.exp((-0.5 * tap * tap) / (sigmaVoxels * sigmaVoxels)),
  );
  const sum = taps.reduce((total, weight, tap) => total + (tap === 0 ? weight : 2 * weight), 0);
  return taps.map((weight) => weight / sum);
}

/**
 * Separable Gaussian smoothing with standard deviations in mm along the axes of the volume, cut at 4 standard
 * deviations and normalised; beyond the edges the edge voxel is repeated. Float32 in the unit of the input.
 */
export async function gaussian(
  volume: Volume,
  { sigmaMm }: { readonly sigmaMm: PerAxis },
): Promise<Volume<Float32Array>> {
  return smoothed(volume, sigmaMm, undefined);
}

/**
 * Magnitude of the gradient of the Gaussian-smoothed volume, per mm: central differences, one-sided at the edges.
 * A sigma of 0 takes the gradient of the volume as it is.
 */
export async function gradientMagnitude(
  volume: Volume,
  { sigmaMm }: { readonly sigmaMm: PerAxis },
): Promise<Volume<Float32Array>> {
  return smoothed(volume, sigmaMm, volume.spacingMm);
}

async function smoothed(volume: Volume, sigmaMm: PerAxis, gradientMm: Vec3 | undefined) {
  const result = emptyVolume(volume, 'float32', volume.unit);
  const { size } = volume;
  const taps = perAxis(sigmaMm).map((mm, axis) =>
    gaussianTaps(mm / volume.spacingMm[axis]!),
  ) as unknown as SmoothTask['taps'];
  const plan = { size, taps, ...(gradientMm ? { gradientMm } : {}) };
  let height = size[1];
  while (height > 1 && smoothBytes(plan, height) > PIECE_BYTES) height = Math.ceil(height / 2);
  const strips = ranges(size[1], size[1] / height);
  // Whole runs of planes, so that few are filtered twice; results do not depend on where runs begin.
  const staged = isShared(volume.data) ? 0 : volume.data.byteLength / STAGED_BYTES;
  const runs = ranges(size[2], Math.max(1, (2 * threads()) / strips.length, staged / strips.length));
  function* pieces() {
    for (const planes of runs) {
      for (const rows of strips) {
        const halo = gradientMm ? 1 : 0;
        const y = widened(rows, taps[1].length - 1 + halo, size[1]);
        const z = widened(planes, taps[2].length - 1 + halo, size[2]);
        const lease = new Lease();
        const box: Box = { start: [0, y[0], z[0]], size: [size[0], y[1] - y[0], z[1] - z[0]] };
        const source = stage(volume, box, lease);
        const task = { ...plan, source, target: wholeSource(result), rows, planes };
        yield { task, bytes: smoothBytes(plan, rows[1] - rows[0]), lease };
      }
    }
  }
  await runPieces('smooth', voxelCount(volume), pieces());
  return result;
}

/**
 * Median of the (2·radius+1)³ block around each voxel, radius in voxels; edges are replicated. The type is kept.
 * NaN sorts above all numbers and comes out as Infinity where it is the median.
 */
export async function median<T extends VoxelArray>(
  volume: Volume<T>,
  { radius }: { readonly radius: PerAxis },
): Promise<Volume<T>> {
  const result = emptyVolume(volume, voxelType(volume.data), volume.unit);
  const { size } = volume;
  const reach = perAxis(radius).map((voxels) => Math.max(0, Math.trunc(voxels))) as unknown as Vec3;
  let depth = Math.min(size[2], 16);
  let height = size[1];
  while (height * depth > 1 && medianBytes(size, reach, height, depth) > PIECE_BYTES) {
    if (height > 4 * depth) height = Math.ceil(height / 2);
    else if (depth > 1) depth = Math.ceil(depth / 2);
    else height = Math.ceil(height / 2);
  }
  function* pieces() {
    for (const planes of ranges(size[2], size[2] / depth)) {
      for (const rows of ranges(size[1], size[1] / height)) {
        const y = widened(rows, reach[1], size[1]);
        const z = widened(planes, reach[2], size[2]);
        const lease = new Lease();
        const box: Box = { start: [0, y[0], z[0]], size: [size[0], y[1] - y[0], z[1] - z[0]] };
        const source = stage(volume, box, lease);
        const task = { source, target: wholeSource(result), size, rows, planes, radius: reach };
        yield { task, bytes: medianBytes(size, reach, rows[1] - rows[0], planes[1] - planes[0]), lease };
      }
    }
  }
  await runPieces('median', voxelCount(volume), pieces());
  return result as unknown as Volume<T>;
}
