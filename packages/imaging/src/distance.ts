import { emptyVolume } from './create.ts';
import { voxelCount } from './geometry.ts';
import { columnDistanceBytes, planeDistanceBytes } from './pool/operations/distance.ts';
import { runPieces } from './pool/pool.ts';
import { Lease, PIECE_BYTES, ranges, stage, wholeSource } from './pool/staging.ts';
import type { Volume } from './volume.ts';
import { bytesPerVoxel, voxelType } from './voxels.ts';

/** Planes of one piece of work. */
const PLANES = 8;

/**
 * Exact Euclidean distance in mm from each voxel centre to the nearest non-zero voxel centre (Felzenszwalb and
 * Huttenlocher 2012); 0 inside the mask, Infinity everywhere when it is empty. The axes are taken as orthogonal.
 */
export async function distanceTransform(mask: Volume): Promise<Volume<Float32Array>> {
  const result = emptyVolume(mask, 'float32', 'mm');
  const { size, spacingMm } = mask;
  const target = wholeSource(result);
  const voxels = voxelCount(mask);
  function* alongPlanes() {
    const bytes = planeDistanceBytes(size, bytesPerVoxel(voxelType(mask.data)));
    for (const planes of ranges(size[2], size[2] / PLANES)) {
      const lease = new Lease();
      const source = stage(
        mask,
        {
          start: [0, 0, planes[0]],
          size: [size[0], size[1], planes[1] - planes[0]],
        },
        lease,
      );
      yield { task: { source, target, size, spacingMm, planes }, bytes, lease };
    }
  }
  function* alongColumns() {
    let height = Math.min(size[1], 16);
    while (height > 1 && columnDistanceBytes(size, height) > PIECE_BYTES) height = Math.ceil(height / 2);
    for (const rows of ranges(size[1], size[1] / height)) {
      yield {
        task: { target, size, spacingMm, rows },
        bytes: columnDistanceBytes(size, rows[1] - rows[0]),
      };
    }
  }
  await runPieces('planeDistance', voxels, alongPlanes());
  await runPieces('columnDistance', voxels, alongColumns());
  return result;
}
