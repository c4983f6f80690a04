import {
  type DisplacementField,
  invert,
  type Mat3,
  type Mat4,
  multiply,
  transformVector,
  type Vec3,
} from '@photopeak/imaging';
import type { DeformableItem, DeformationGrid } from './read.ts';

/** A grid's vectors as a displacement field; undefined vectors (NaN) displace nothing. */
function fieldOf(grid: DeformationGrid, turn: Mat4 | undefined): DisplacementField {
  const o = grid.orientation as readonly [number, number, number, number, number, number];
  const z: Vec3 = [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]];
  const direction: Mat3 = [o[0], o[3], z[0], o[1], o[4], z[1], o[2], o[5], z[2]];
  const data = grid.vectors.map((mm) => (Number.isNaN(mm) ? 0 : mm));
  if (turn !== undefined) {
    for (let n = 0; n < data.length; n += 3) {
      data.set(transformVector(turn, [data[n]!, data[n + 1]!, data[n + 2]!]), n);
    }
  }
  return { size: grid.size, spacingMm: grid.spacingMm, origin: grid.origin, direction, data };
}

/**
 * A deformable item in the form that resampling takes: a registered point x lies at `pull(x + field(x))` in the source.
 * post · (pre · x + d) = (post · pre) · (x + pre⁻¹ · d).
 */
export function deformationOf(item: DeformableItem): {
  readonly pull: Mat4;
  readonly field?: DisplacementField;
} {
  const { preDeformation: pre, postDeformation: post, grid } = item;
  const pull = multiply(post, pre);
  if (grid === undefined) return { pull };
  const isPlain = pre.every((value, at) => value === (at % 5 === 0 ? 1 : 0));
  return { pull, field: fieldOf(grid, isPlain ? undefined : invert(pre)) };
}
