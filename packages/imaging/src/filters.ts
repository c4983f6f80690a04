import { emptyVolume } from './create.ts';
import type { Vec3, Volume } from './volume.ts';
import { allocateVoxels } from './voxels.ts';

/** Gaussian kernels end at this many standard deviations, as those of scipy.ndimage do. */
export const GAUSSIAN_TRUNCATE = 4;

/** One number for all axes or one per axis. */
export type PerAxis = number | Vec3;

export function perAxis(value: PerAxis): Vec3 {
  return typeof value === 'number' ? [value, value, value] : value;
}

/** Normalised weights of taps 0..radius (the other half mirrors them); radius 0 for a sigma of 0. */
export function gaussianTaps(sigmaVoxels: number, truncate = GAUSSIAN_TRUNCATE): Float64Array {
  const radius = Math.floor(truncate * sigmaVoxels + 0.5);
  const taps = new Float64Array(radius + 1);
  let sum = 0;
  for (let tap = 0; tap <= radius; tap++) {
    taps[tap] = radius === 0 ? 1 : Math.exp((-0.5 * tap * tap) / (sigmaVoxels * sigmaVoxels));
    sum += tap === 0 ? taps[tap]! : 2 * taps[tap]!;
  }
  return taps.map((weight) => weight / sum);
}

/**
 * Separable Gaussian smoothing with standard deviations in mm along the axes of the volume; edges are replicated.
 * The result is Float32 in the unit of the input.
 */
export async function gaussian(
  volume: Volume,
  { sigmaMm }: { readonly sigmaMm: PerAxis },
): Promise<Volume<Float32Array>> {
  const sigma = perAxis(sigmaMm);
  let data = Float32Array.from(volume.data);
  const strides = [1, volume.size[0], volume.size[0] * volume.size[1]];
  for (let axis = 0; axis < 3; axis++) {
    const taps = gaussianTaps(sigma[axis]! / volume.spacingMm[axis]!);
    if (taps.length === 1) continue;
    const next = new Float32Array(data.length);
    const n = volume.size[axis]!;
    const stride = strides[axis]!;
    for (let index = 0; index < data.length; index++) {
      const at = Math.floor(index / stride) % n;
      let sum = taps[0]! * data[index]!;
      for (let tap = 1; tap < taps.length; tap++) {
        const low = data[index - Math.min(tap, at) * stride]!;
        const high = data[index + Math.min(tap, n - 1 - at) * stride]!;
        sum += taps[tap]! * (low + high);
      }
      next[index] = sum;
    }
    data = next;
  }
  const result = emptyVolume(volume, 'float32', volume.unit);
  result.data.set(data);
  return result;
}

/** Median of the (2·radius+1)³ block around each voxel, edges replicated; radius in voxels, per axis if wanted. */
export async function median<T extends Volume>(
  volume: T,
  { radius }: { readonly radius: PerAxis },
): Promise<T> {
  const [ri, rj, rk] = perAxis(radius);
  const [ni, nj, nk] = volume.size;
  const result = emptyVolume(volume, 'float32', volume.unit);
  const near: number[] = [];
  const clamp = (v: number, n: number) => Math.min(Math.max(v, 0), n - 1);
  let index = 0;
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) {
        near.length = 0;
        for (let c = -rk; c <= rk; c++)
          for (let b = -rj; b <= rj; b++)
            for (let a = -ri; a <= ri; a++)
              near.push(volume.data[clamp(i + a, ni) + ni * (clamp(j + b, nj) + nj * clamp(k + c, nk))]!);
        near.sort((x, y) => x - y);
        result.data[index++] = near[near.length >> 1]!;
      }
  const same = volume.data.slice();
  same.set(result.data);
  return { ...volume, data: same };
}

/** Magnitude of the gradient of the Gaussian-smoothed volume, per mm; central differences, one-sided at the edges. */
export async function gradientMagnitude(
  volume: Volume,
  { sigmaMm }: { readonly sigmaMm: PerAxis },
): Promise<Volume<Float32Array>> {
  const smooth = await gaussian(volume, { sigmaMm });
  const [ni, nj, nk] = volume.size;
  const sizes = [ni, nj, nk];
  const strides = [1, ni, ni * nj];
  const data = allocateVoxels('float32', smooth.data.length);
  for (let index = 0; index < data.length; index++) {
    let squares = 0;
    for (let axis = 0; axis < 3; axis++) {
      const stride = strides[axis]!;
      const n = sizes[axis]!;
      const at = Math.floor(index / stride) % n;
      const low = at > 0 ? 1 : 0;
      const high = at < n - 1 ? 1 : 0;
      if (low + high === 0) continue;
      const d =
        (smooth.data[index + high * stride]! - smooth.data[index - low * stride]!) /
        ((low + high) * volume.spacingMm[axis]!);
      squares += d * d;
    }
    data[index] = Math.sqrt(squares);
  }
  return { ...smooth, data };
}
