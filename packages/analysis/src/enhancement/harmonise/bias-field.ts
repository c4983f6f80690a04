import {
  downsample,
  emptyVolume,
  PhotopeakError,
  resample,
  toWorld,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import { foregroundLevel } from './foreground.ts';
import { sharpened } from './sharpen-histogram.ts';
import { Around, SplineField } from './spline-field.ts';

export interface BiasFieldOptions {
  /** Distance of control points of the first level, mm; each further level halves it. Default 200. */
  readonly splineMm?: number;
  /** Levels. Default 3. */
  readonly levels?: number;
  /** Most iterations of a level. Default 30. */
  readonly iterations?: number;
}

export interface BiasCorrection {
  readonly volume: Volume<Float32Array>;
  /** Standard deviation of the logarithm of the field over the foreground. */
  readonly fieldSd: number;
  /** What the image was divided by; its mean logarithm over the foreground is 0. */
  readonly field: Volume<Float32Array>;
  readonly iterations: number;
}

/** Voxels that the field is estimated on. */
const WORK_VOXELS = 30_000;
const FEWEST_VOXELS = 500;
/** Blur of the histogram that a level undoes: strong shading first, then what is left (N3 and N4 use 0.15). */
const BLUR_FWHM = [0.3, 0.2, 0.15];
/** A level ends when the field changes by less than this (standard deviation of its logarithm). */
const LEAST_CHANGE = 0.002;

/**
 * Divides a magnitude image by a smooth field that is estimated from it alone (N4: Tustison et al., IEEE Trans. Med.
 * Imaging 2010): the histogram of the logarithm is sharpened, what that changes is fitted by B-splines of finer and finer
 * lattices, and added up. Throws `HARMONISE_INPUT` where there is hardly any foreground. Estimated on at most 30 000 voxels;
 * memory: the result and the field.
 */
export async function correctBiasField(
  volume: Volume,
  options: BiasFieldOptions = {},
): Promise<BiasCorrection> {
  const { splineMm = 200, levels = 3, iterations = 30 } = options;
  const voxels = volume.data.length;
  const ratio = Math.max(1, Math.round(Math.cbrt(voxels / WORK_VOXELS)));
  const factors = volume.size.map((n) => Math.min(ratio, Math.max(1, Math.floor(n / 8)))) as unknown as Vec3;
  const work = ratio === 1 ? volume : downsample(volume, factors);
  const level = foregroundLevel(work.data);
  const places: number[] = [];
  for (let n = 0; n < work.data.length; n++) if (work.data[n]! > level) places.push(n);
  if (!(level > 0) || places.length < FEWEST_VOXELS) {
    throw new PhotopeakError('no field can be estimated from this image', {
      code: 'HARMONISE_INPUT',
      expected: `a magnitude image with at least ${FEWEST_VOXELS} voxels of tissue`,
      found: `${places.length} voxels above ${level}`,
      remedy: 'choose another series, or leave the field as it is (biasField=false)',
    });
  }
  const [nx, ny, nz] = work.size;
  const at = new Float32Array(3 * places.length);
  const logs = new Float32Array(places.length);
  for (const [n, place] of places.entries()) {
    at[3 * n] = ((place % nx) + 0.5) / nx;
    at[3 * n + 1] = ((Math.floor(place / nx) % ny) + 0.5) / ny;
    at[3 * n + 2] = (Math.floor(place / nx / ny) + 0.5) / nz;
    logs[n] = Math.log(work.data[place]!);
  }
  const fields: SplineField[] = [];
  const logField = new Float32Array(places.length);
  const residual = new Float32Array(places.length);
  const around = new Around();
  let done = 0;
  for (let one = 0; one < levels; one++) {
    const cells = volume.size.map((n, axis) =>
      Math.max(1, Math.round((n * volume.spacingMm[axis]! * 2 ** one) / splineMm)),
    ) as unknown as Vec3;
    for (let turn = 0; turn < iterations; turn++) {
      done++;
      const corrected = logs.map((value, n) => value - logField[n]!);
      const target = sharpened(corrected, BLUR_FWHM[Math.min(one, BLUR_FWHM.length - 1)]!);
      for (let n = 0; n < residual.length; n++) residual[n] = corrected[n]! - target[n]!;
      const update = SplineField.fitted(cells, at, residual);
      fields.push(update);
      let [sum, squares] = [0, 0];
      for (let n = 0; n < logField.length; n++) {
        const change = update.at(at[3 * n]!, at[3 * n + 1]!, at[3 * n + 2]!, around);
        logField[n]! += change;
        sum += change;
        squares += change * change;
      }
      const mean = sum / logField.length;
      if (Math.sqrt(Math.max(0, squares / logField.length - mean * mean)) < LEAST_CHANGE) break;
    }
  }
  const mean = logField.reduce((sum, value) => sum + value, 0) / logField.length;
  const variance = logField.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logField.length;
  const joined = joinedField(fields);
  const field = await resample(sampledField(joined, volume, mean), {
    grid: volume,
    interpolation: 'linear',
    type: 'float32',
  });
  const result = emptyVolume(volume, 'float32', volume.unit);
  for (let n = 0; n < result.data.length; n++) result.data[n] = volume.data[n]! / field.data[n]!;
  return { volume: result, field, fieldSd: Math.sqrt(variance), iterations: done };
}

/** Splines are smooth over their lattice, which is never finer than this many times the sampling. */
const SAMPLED_MM = 6;

/** The field on a coarse grid that ends where the image ends. */
function sampledField(fields: readonly SplineField[], { size, spacingMm, ...volume }: Volume, mean: number) {
  const coarse = size.map((n, axis) =>
    Math.max(2, Math.min(n, Math.ceil((n * spacingMm[axis]!) / SAMPLED_MM))),
  ) as unknown as Vec3;
  const spacing = coarse.map((n, axis) => (size[axis]! * spacingMm[axis]!) / n) as unknown as Vec3;
  const first = coarse.map((n, axis) => size[axis]! / n / 2 - 0.5) as unknown as Vec3;
  const origin = toWorld({ size, spacingMm, ...volume }, first);
  const sampled = emptyVolume(
    { size: coarse, spacingMm: spacing, origin, direction: volume.direction },
    'float32',
    '1',
  );
  const around = new Around();
  const [nx, ny, nz] = coarse;
  for (let k = 0, n = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        let sum = -mean;
        for (const one of fields) sum += one.at((i + 0.5) / nx, (j + 0.5) / ny, (k + 0.5) / nz, around);
        sampled.data[n] = Math.exp(sum);
      }
    }
  }
  return sampled;
}

/** Fields of one lattice add up control point by control point: one field for each level is left. */
function joinedField(fields: readonly SplineField[]): SplineField[] {
  const byLattice = new Map<string, SplineField>();
  for (const field of fields) {
    const key = field.cells.join(' ');
    const known = byLattice.get(key);
    byLattice.set(key, known === undefined ? field : known.plus(field));
  }
  return [...byLattice.values()];
}
