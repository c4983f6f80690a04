import {
  createVolume,
  type Grid,
  type Mat3,
  type Vec3,
  type Volume,
  type VoxelArray,
} from '@photopeak/imaging';

/** Where columns, rows and planes run to. */
export type Orientation = 'LPS' | 'RAS' | 'LAS' | 'RPS';

/** For each axis of the result: the axis of the source, and whether it runs the other way. */
interface AxisMap {
  readonly from: readonly [number, number, number];
  readonly isFlipped: readonly [boolean, boolean, boolean];
}

const SIGN: Readonly<Record<string, number>> = { L: 1, R: -1, P: 1, A: -1, S: 1, I: -1 };

/**
 * Axes permuted and flipped so that each runs as nearly as possible as wanted; no voxel changes its value. An oblique
 * volume stays oblique.
 */
function axisMap({ direction }: Grid, orientation: Orientation): AxisMap {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ] as const;
  const along = (axis: number, patient: number) => direction[3 * patient + axis]!;
  const fit = (order: readonly number[]) =>
    order.reduce((sum, axis, patient) => sum + Math.abs(along(axis, patient)), 0);
  const from = orders.reduce((best, order) => (fit(order) > fit(best) + 1e-9 ? order : best));
  const flipped = from.map((axis, patient) => along(axis, patient) * SIGN[orientation[patient]!]! < 0);
  return { from, isFlipped: flipped as unknown as AxisMap['isFlipped'] };
}

function movedGrid(grid: Grid, { from, isFlipped }: AxisMap): Grid {
  const pick = (values: Vec3) => from.map((axis) => values[axis]!) as unknown as Vec3;
  const direction: number[] = [];
  for (let row = 0; row < 3; row++)
    for (let axis = 0; axis < 3; axis++)
      direction.push(grid.direction[3 * row + from[axis]!]! * (isFlipped[axis] ? -1 : 1));
  const origin = [0, 1, 2].map((row) =>
    from.reduce((at, axis, index) => {
      if (!isFlipped[index]) return at;
      return at + grid.direction[3 * row + axis]! * grid.spacingMm[axis]! * (grid.size[axis]! - 1);
    }, grid.origin[row]!),
  );
  return {
    size: pick(grid.size),
    spacingMm: pick(grid.spacingMm),
    origin: origin as unknown as Vec3,
    direction: direction as unknown as Mat3,
  };
}

/** The same voxels, counted along other axes. */
export function oriented<T extends VoxelArray>(volume: Volume<T>, orientation: Orientation): Volume<T> {
  const map = axisMap(volume, orientation);
  if (map.from.every((axis, index) => axis === index && !map.isFlipped[index])) return volume;
  const grid = movedGrid(volume, map);
  const steps = [1, volume.size[0], volume.size[0] * volume.size[1]];
  const step = map.from.map((axis, index) => steps[axis]! * (map.isFlipped[index] ? -1 : 1));
  const start = map.from.reduce(
    (at, axis, index) => at + (map.isFlipped[index] ? steps[axis]! * (volume.size[axis]! - 1) : 0),
    0,
  );
  const [nx, ny, nz] = grid.size;
  const data = new (volume.data.constructor as new (length: number) => T)(nx * ny * nz);
  let to = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      let at = start + k * step[2]! + j * step[1]!;
      for (let i = 0; i < nx; i++, at += step[0]!) data[to++] = volume.data[at]!;
    }
  return createVolume(grid, data, volume.unit);
}
