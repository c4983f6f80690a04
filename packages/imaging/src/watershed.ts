import { emptyVolume, requireSameGrid } from './create.ts';
import { voxelCount } from './geometry.ts';
import { flood } from './pool/operations/flood.ts';
import { runPieces } from './pool/pool.ts';
import { isShared } from './pool/staging.ts';
import type { Mask, Volume } from './volume.ts';

/**
 * Seeded watershed by priority flooding (Meyer 1994): regions grow from the non-zero markers over face neighbours,
 * lowest value first, equal values in the order in which they were reached. Every voxel of the mask (all voxels
 * without one) that a marker reaches gets that marker's label; there are no lines between regions. NaN floods last.
 * Runs on a worker thread when volume and mask lie in shared memory, else on the calling thread.
 */
export async function watershed(
  volume: Volume,
  markers: Volume,
  { mask }: { readonly mask?: Mask } = {},
): Promise<Volume<Int32Array>> {
  requireSameGrid(volume, markers, 'watershed markers');
  if (mask !== undefined) requireSameGrid(volume, mask, 'watershed mask');
  const result = emptyVolume(volume, 'int32', '1');
  const labels = result.data;
  labels.set(markers.data);
  if (mask !== undefined) {
    for (let index = 0; index < labels.length; index++) if (!mask.data[index]) labels[index] = 0;
  }
  const task = { values: volume.data, labels, size: volume.size, ...(mask ? { mask: mask.data } : {}) };
  if (isShared(volume.data) && (mask === undefined || isShared(mask.data))) {
    await runPieces('flood', voxelCount(volume), [{ task, bytes: 0 }]);
  } else {
    flood(undefined, task);
  }
  return result;
}
