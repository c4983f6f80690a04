import { emptyVolume } from './create.ts';
import { voxelCount } from './geometry.ts';
import { runPieces } from './pool/pool.ts';
import type { Mask } from './volume.ts';

/**
 * The mask with its holes filled: background that no path of face neighbours joins to the edge of the volume.
 * With `perSlice` the slices across that axis (0 = i, 1 = j, 2 = k) are filled one by one, so that a hole open only
 * along the axis is closed too.
 */
export async function fillHoles(
  mask: Mask,
  { perSlice }: { readonly perSlice?: 0 | 1 | 2 } = {},
): Promise<Mask> {
  const result = emptyVolume(mask, 'uint8', '1');
  result.data.set(mask.data);
  const task = { mask: result.data, size: mask.size, ...(perSlice === undefined ? {} : { perSlice }) };
  await runPieces('fill', voxelCount(mask), [{ task, bytes: 0 }]);
  return result;
}
