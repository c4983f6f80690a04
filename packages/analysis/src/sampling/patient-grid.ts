import { type Grid, toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { sampleOnto } from './interpolate.ts';
import { reduceBlocks } from './reduce.ts';

/**
 * A grid of cubic voxels along the patient's axes (i to the left, j to the back, k to the head) that covers the
 * volume, whatever the order and direction of the volume's own axes. All anatomy is worked out on such a grid, so an
 * answer cannot depend on how the voxels are stored.
 */
export function patientGrid(volume: Grid, spacingMm: number): Grid {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const i of [-0.5, volume.size[0] - 0.5])
    for (const j of [-0.5, volume.size[1] - 0.5])
      for (const k of [-0.5, volume.size[2] - 0.5]) {
        const corner = toWorld(volume, [i, j, k]);
        for (let axis = 0; axis < 3; axis++) {
          low[axis] = Math.min(low[axis]!, corner[axis]!);
          high[axis] = Math.max(high[axis]!, corner[axis]!);
        }
      }
  const size = low.map((value, axis) => Math.max(1, Math.floor((high[axis]! - value) / spacingMm + 1e-3)));
  return {
    size: size as unknown as Vec3,
    spacingMm: [spacingMm, spacingMm, spacingMm],
    // Centred, so that mirrored axes give the same positions.
    origin: low.map(
      (value, axis) => (value + high[axis]!) / 2 - ((size[axis]! - 1) / 2) * spacingMm,
    ) as unknown as Vec3,
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  };
}

/** Below it a CT voxel is padding outside the reconstruction circle, never air. */
export const CT_PADDING_HU = -1100;
const AIR_HU = -1000;

/** CT on a patient grid: block means, then linear interpolation; padding and beyond are air. */
export function ctOnPatientGrid(ct: Volume, spacingMm: number): Volume<Float32Array> {
  const reduced = reduceBlocks(ct, spacingMm, { paddingBelow: CT_PADDING_HU, paddingValue: AIR_HU });
  return sampleOnto(reduced, patientGrid(ct, spacingMm), { outside: AIR_HU });
}
