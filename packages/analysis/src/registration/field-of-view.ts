import { type Grid, identity, type Mat4, multiply, worldToVoxel } from '@photopeak/imaging';

/** Whether a point (LPS mm) is to be compared. */
export type InsideTest = (x: number, y: number, z: number) => boolean;

/**
 * Tests whether a point, brought to an image by `pull`, lies inside its field of view by at least `marginMm` on all
 * sides. Beyond the edge of a field there is nothing to compare, and a field that was cut through the body would pass
 * for skin.
 */
export function insideBy(grid: Grid, marginMm: number, pull: Mat4 = identity): InsideTest {
  const [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3] = multiply(worldToVoxel(grid), pull);
  const low = grid.spacingMm.map((mm) => marginMm / mm - 0.5);
  const high = grid.size.map((count, axis) => count - 1 - low[axis]!);
  return (x, y, z) => {
    const i = a0 * x + a1 * y + a2 * z + a3;
    const j = b0 * x + b1 * y + b2 * z + b3;
    const k = c0 * x + c1 * y + c2 * z + c3;
    return i >= low[0]! && i <= high[0]! && j >= low[1]! && j <= high[1]! && k >= low[2]! && k <= high[2]!;
  };
}
