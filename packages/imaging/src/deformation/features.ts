import { voxelCount } from '../geometry.ts';
import type { Resident } from '../pool/resident.ts';
import type { Mask, Vec3, Volume } from '../volume.ts';
import type { FeatureRecipe } from './plan.ts';

/** An image of 16 bytes a voxel, with weights, in the memory of the kernels. */
export interface Features {
  readonly size: Vec3;
  readonly features: number;
  readonly weights: number;
}

/** The 12 pairs of the six neighbours that are no opposites: two offsets (x, y, z) each. */
const pairs = [
  [1, 0, 0, 0, 1, 0],
  [1, 0, 0, 0, -1, 0],
  [-1, 0, 0, 0, 1, 0],
  [-1, 0, 0, 0, -1, 0],
  [1, 0, 0, 0, 0, 1],
  [1, 0, 0, 0, 0, -1],
  [-1, 0, 0, 0, 0, 1],
  [-1, 0, 0, 0, 0, -1],
  [0, 1, 0, 0, 0, 1],
  [0, 1, 0, 0, 0, -1],
  [0, -1, 0, 0, 0, 1],
  [0, -1, 0, 0, 0, -1],
].flat();

const CHANNELS = 16;
const BYTE = 255;
const WINDOWS = 4;

/** MIND-SSC descriptors (Heinrich et al., MICCAI 2013) and image channels of a volume. */
export async function describeImage(
  memory: Resident,
  image: Volume,
  weight: Uint8Array,
  recipe: FeatureRecipe,
): Promise<Features> {
  const [nx, ny, nz] = image.size;
  const count = voxelCount(image);
  const values = memory.put('float32', image.data);
  const offsets = memory.put('int8', pairs);
  const windows = memory.put(
    'float32',
    Array.from({ length: WINDOWS }, (_, n) => {
      const window = recipe.windows[n];
      if (window === undefined) return [0, 0, 0];
      const top = BYTE * window.weight;
      return [window.low, top / (window.high - window.low), top];
    }).flat(),
  );
  const sums = memory.take('float64', nz);
  const features = memory.take('uint8', CHANNELS * count);
  const { radius, distance } = recipe;
  const scratch = 4 * (nx * ny * (12 * (2 * radius + 1) + 14) + 2 * radius + 64);
  const run = (meanVariance: number) =>
    memory.call(
      'mind_planes',
      nz,
      16 * count,
      (from, to) => [
        ...[values, offsets, nx, ny, nz, radius, distance, from, to],
        ...[meanVariance, recipe.leastVariance, BYTE * recipe.mindWeight, windows, sums, features],
      ],
      scratch,
    );
  if (recipe.mindWeight > 0) await run(0);
  const mean = memory.view('float64', sums, nz).reduce((sum, plane) => sum + plane, 0) / count;
  await run(mean || 1);
  memory.give(values, offsets, windows, sums);
  return { size: image.size, features, weights: memory.put('uint8', weight) };
}

/** Half the size along each axis; sizes must be even. */
export async function pooled(memory: Resident, from: Features): Promise<Features> {
  const [nx, ny] = from.size;
  const size = from.size.map((n) => n / 2) as unknown as Vec3;
  const count = size[0] * size[1] * size[2];
  const features = memory.take('uint8', CHANNELS * count);
  const weights = memory.take('uint8', count);
  await memory.call('pool_features', size[2], 8 * count, (z0, z1) => [
    ...[from.features, nx, ny, features, z0, z1],
  ]);
  await memory.call('pool_weights', size[2], count, (z0, z1) => [from.weights, nx, ny, weights, z0, z1]);
  return { size, features, weights };
}

/** Weights of a mask at the level where `pool` voxels are joined. */
export async function weightsAt(memory: Resident, mask: Mask, pool: number): Promise<number> {
  let weights = memory.put('uint8', mask.data);
  let size = mask.size;
  for (let joined = 1; joined < pool; joined *= 2) {
    const [nx, ny] = size;
    size = size.map((n) => n / 2) as unknown as Vec3;
    const finer = weights;
    const count = size[0] * size[1] * size[2];
    weights = memory.take('uint8', count);
    await memory.call('pool_weights', size[2], count, (z0, z1) => [finer, nx, ny, weights, z0, z1]);
    memory.give(finer);
  }
  return weights;
}
