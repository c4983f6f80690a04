import type { Box } from './boxes.ts';
import { emptyVolume, requireSameGrid } from './create.ts';
import { PhotopeakError } from './errors.ts';
import { voxelCount } from './geometry.ts';
import { type NonlocalTask, nonlocalBytes } from './pool/operations/nonlocal.ts';
import { runPieces, threads } from './pool/pool.ts';
import { Lease, PIECE_BYTES, ranges, stage, wholeSource } from './pool/staging.ts';
import type { Grid, Vec3, Volume } from './volume.ts';

export interface NonlocalOptions {
  /**
   * Standard deviation of the noise of the guide, in its unit: one for all, or a map on a coarser
   * grid that begins at the same corner (linear in 1/σ² between its voxels).
   */
  readonly noise: number | Volume;
  /** h: two patches that differ by noise alone weigh exp(−1/(2h²)). */
  readonly strength: number;
  /** Reach of the search, voxels along i, j, k. */
  readonly search: Vec3;
  /** Reach of the patches, voxels; their weights are one. */
  readonly patch: Vec3;
  /** Of a patch only every so many voxels in the plane are compared: enough of a smooth guide. Default 1. */
  readonly pitch?: number;
  /** Only every other shift, like the black fields of a chessboard: half the time, where noise is correlated. */
  readonly sparse?: boolean;
  /** What patches are compared in, on the same grid; the volume itself when absent. */
  readonly guide?: Volume;
  /** The volume is a magnitude of Rician noise with this σ over that of the guide (1 where it is its own guide). */
  readonly rician?: number;
}

/** Tiles are of about this many rows and planes, so that what a shift touches stays near the processor. */
const ROWS = 32;
const PLANES = 8;

/**
 * Non-local means (Buades, Coll and Morel 2005) in two or three dimensions: the mean over the search region, each voxel
 * weighted by how much the patch around it is like the patch here, (1 − t/16)^16 ≈ exp(−t) with t = d²/(4h²σ²) and d²
 * the mean squared difference of the patches in the guide. With `rician` squares are averaged and 2σ² taken off before
 * the root (Wiest-Daesslé et al. 2008). Edges are repeated; NaN spreads over the search region. Float32 in the unit of
 * the input. Throws `IMAGING_NONLOCAL`, `IMAGING_GRID_MISMATCH`.
 */
export async function nonlocalMeans(volume: Volume, options: NonlocalOptions): Promise<Volume<Float32Array>> {
  const { search, patch, pitch = 1, guide = volume, strength } = options;
  check(options);
  requireSameGrid(volume, guide, 'the guide of non-local means');
  const { size } = volume;
  const result = emptyVolume(volume, 'float32', volume.unit);
  const plan = {
    size,
    search,
    patch,
    pitch,
    share: shares(search, options.sparse === true),
    own: 1,
    rician: options.rician === undefined ? 0 : (options.rician * options.rician) / (2 * strength * strength),
    scale: scaleOf(options.noise, strength, volume),
  } as const satisfies Partial<NonlocalTask>;
  const deep = Math.min(PLANES, size[2]);
  let height = Math.min(ROWS, size[1]);
  while (height > 1 && nonlocalBytes(plan, height, deep) > PIECE_BYTES) height = Math.ceil(height / 2);
  const depth = Math.min(deep, Math.ceil(size[2] / (size[1] > 4 * height ? 1 : threads())));
  function* pieces() {
    for (const planes of ranges(size[2], size[2] / depth))
      for (const rows of ranges(size[1], size[1] / height)) {
        const lease = new Lease();
        const reach = (axis: 1 | 2) => search[axis] + patch[axis];
        const widened = ([from, to]: readonly [number, number], axis: 1 | 2) =>
          [Math.max(0, from - reach(axis)), Math.min(size[axis], to + reach(axis))] as const;
        const [y, z] = [widened(rows, 1), widened(planes, 2)];
        const box: Box = { start: [0, y[0], z[0]], size: [size[0], y[1] - y[0], z[1] - z[0]] };
        const values = stage(volume, box, lease);
        const task: NonlocalTask = {
          ...plan,
          values,
          guide: guide === volume ? values : stage(guide, box, lease),
          target: wholeSource(result),
          rows,
          planes,
        };
        yield { task, bytes: nonlocalBytes(plan, rows[1] - rows[0], planes[1] - planes[0]), lease };
      }
  }
  await runPieces('nonlocal', voxelCount(volume), pieces());
  return result;
}

function check({ noise, strength, search, patch, pitch = 1 }: NonlocalOptions): void {
  const isCount = (n: number) => Number.isInteger(n) && n >= 0 && n <= 32;
  const isValid =
    (typeof noise !== 'number' || noise > 0) &&
    strength > 0 &&
    [...search, ...patch].every(isCount) &&
    Number.isInteger(pitch) &&
    pitch >= 1 &&
    patch[0] % pitch === 0 &&
    patch[1] % pitch === 0;
  if (isValid) return;
  throw new PhotopeakError('non-local means cannot be computed with these options', {
    code: 'IMAGING_NONLOCAL',
    expected:
      'noise and strength above 0, reaches from 0 to 32 voxels, a patch whose reach is a multiple of its pitch',
    found: `strength ${strength}, search ${search.join(' × ')}, patch ${patch.join(' × ')}, pitch ${pitch}`,
  });
}

/** In the order in which the kernel goes through the half space. */
function shares([sx, sy, sz]: Vec3, sparse: boolean): number[] {
  const all: number[] = [];
  for (let dz = 0; dz <= sz; dz++)
    for (let dy = dz > 0 ? -sy : 0; dy <= sy; dy++)
      for (let dx = dz > 0 || dy > 0 ? -sx : 1; dx <= sx; dx++)
        all.push(sparse && (dx + dy + dz) % 2 !== 0 ? 0 : 1);
  return all;
}

function scaleOf(noise: number | Volume, strength: number, volume: Grid): NonlocalTask['scale'] {
  const scale = (sigma: number) => 1 / (4 * strength * strength * sigma * sigma);
  if (typeof noise === 'number') return { size: [1, 1, 1], step: volume.size, values: [scale(noise)] };
  const step = noise.spacingMm.map((mm, axis) => mm / volume.spacingMm[axis]!) as unknown as Vec3;
  return { size: noise.size, step, values: Array.from(noise.data, scale) };
}
