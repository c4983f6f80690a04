import {
  emptyVolume,
  gaussian,
  nonlocalMeans,
  PhotopeakError,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';

export interface DenoisePetOptions {
  /** h of the weights, in units of the noise of the guide. */
  readonly strength?: number;
}

export interface DenoisedPet {
  readonly volume: Volume<Float32Array>;
  /** Relative standard deviation of the noise in the body before, where activity is about its median. */
  readonly noise: number;
}

const DEFAULT_STRENGTH = 0.6;
/** Patches are compared in an image smoothed by this much, mm: PET noise is correlated over about its resolution. */
const GUIDE_MM = 2.5;
const REACH_MM = 16;
/** The body is what is above this part of the mean of what is above 0. */
const BODY = 0.25;
const FEWEST_VOXELS = 500;
const APART_MM = 6;
const PART = 0.3;

/**
 * A PET denoised by non-local means in three dimensions. The noise of iterative reconstruction grows with activity, so
 * that patches are compared in the square root of the smoothed image, where it is about the same everywhere; activity
 * itself is averaged, so that means stay. Small hot lesions stay as far as they are unlike everything around.
 * Throws `ENHANCEMENT_NO_NOISE` where hardly anything is seen.
 */
export async function denoisePet(pet: Volume, options: DenoisePetOptions = {}): Promise<DenoisedPet> {
  const { spacingMm, size } = pet;
  const smooth = await gaussian(pet, { sigmaMm: GUIDE_MM });
  const guide = emptyVolume(pet, 'float32', '1');
  const root = emptyVolume(pet, 'float32', '1');
  const scale = bodyMean(pet);
  for (let at = 0; at < guide.data.length; at++) {
    guide.data[at] = Math.sqrt(Math.max(0, smooth.data[at]!) / scale);
    root.data[at] = Math.sqrt(Math.max(0, pet.data[at]!) / scale);
  }
  const noise = spread(guide);
  const before = spread(root);
  if (!(noise > 0)) {
    throw new PhotopeakError('the noise of this PET cannot be measured, so that it is not denoised', {
      code: 'ENHANCEMENT_NO_NOISE',
      expected: 'a body with noise',
      found: 'none',
      remedy: 'check that the series shows activity',
    });
  }
  const reach = spacingMm.map((mm, axis) =>
    Math.min(size[axis]! - 1, Math.max(1, Math.min(5, Math.round(REACH_MM / mm)))),
  ) as unknown as Vec3;
  const patch: Vec3 = [1, 1, Math.min(1, size[2] - 1)];
  const strength = options.strength ?? DEFAULT_STRENGTH;
  const volume = await nonlocalMeans(pet, { guide, noise, strength, search: reach, patch });
  // σ of a root is half of the relative σ where the value is 1.
  return { volume, noise: 2 * before };
}

/** Mean of what lies in the body. */
function bodyMean({ data }: Volume): number {
  let least = 0;
  let mean = 0;
  for (let round = 0; round < 2; round++) {
    let sum = 0;
    let count = 0;
    for (let at = 0; at < data.length; at++)
      if (data[at]! > least) {
        sum += data[at]!;
        count++;
      }
    mean = count >= FEWEST_VOXELS ? sum / count : Number.NaN;
    least = BODY * mean;
  }
  return mean;
}

/**
 * Noise of an image whose body has about the value 1, from second differences along rows and columns of samples about a
 * resolution apart, which are hardly correlated. Anatomy makes the larger ones: the lower part tells the noise.
 */
function spread({ data, size, spacingMm }: Volume): number {
  const [nx, ny, nz] = size;
  const found: number[] = [];
  const step = Math.max(1, Math.round(APART_MM / spacingMm[0]));
  for (let k = 0; k < nz; k++)
    for (let j = step; j < ny - step; j += 2)
      for (let i = step; i < nx - step; i += 2) {
        const at = i + nx * (j + ny * k);
        const value = data[at]!;
        if (!(value > Math.sqrt(BODY))) continue;
        found.push(Math.abs(data[at - step]! - 2 * value + data[at + step]!));
        found.push(Math.abs(data[at - step * nx]! - 2 * value + data[at + step * nx]!));
      }
  if (found.length < FEWEST_VOXELS) return Number.NaN;
  const sorted = Float64Array.from(found).sort();
  // 0.3853 is the same part of absolute normal values.
  return sorted[Math.floor(PART * sorted.length)]! / 0.3853 / Math.sqrt(6);
}
