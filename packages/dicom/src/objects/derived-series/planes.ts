import { type Grid, toWorld, transformPoint, worldToVoxel } from '@photopeak/imaging';

/** Source slices that an output slice was computed from: those its plane passes, one more to either side. */
export function slicesUnder(
  grid: Grid,
  k: number,
  source: Grid,
): { readonly first: number; readonly last: number; readonly nearest: number } {
  const toVoxel = worldToVoxel(source);
  const [columns, rows] = grid.size;
  const corners = [
    [0, 0],
    [columns - 1, 0],
    [0, rows - 1],
    [columns - 1, rows - 1],
  ].map(([i, j]) => transformPoint(toVoxel, toWorld(grid, [i!, j!, k]))[2]);
  const end = source.size[2] - 1;
  const limit = (value: number) => Math.min(end, Math.max(0, value));
  const middle = corners.reduce((sum, value) => sum + value, 0) / corners.length;
  const slack = 1e-3;
  return {
    first: limit(Math.floor(Math.min(...corners) + slack)),
    last: limit(Math.ceil(Math.max(...corners) - slack)),
    nearest: limit(Math.round(middle)),
  };
}
