import type { Grid, Vec3 } from '@photopeak/imaging';
import type { Slice } from './slices.ts';
import { along } from './vector.ts';

type Voxels = Int16Array | Float32Array;

function axis(grid: Grid, column: 0 | 1 | 2): Vec3 {
  const d = grid.direction;
  return [d[column]!, d[column + 3]!, d[column + 6]!] as Vec3;
}

/** The smallest rectangular grid with the same voxels that holds all slices of a sheared stack. */
export function shearedGrid(grid: Grid, shear: readonly [number, number]): Grid {
  const last = grid.size[2] - 1;
  let origin = grid.origin;
  const size: [number, number, number] = [...grid.size];
  for (const i of [0, 1] as const) {
    const total = shear[i] * last;
    const extra = Math.ceil(Math.abs(total) / grid.spacingMm[i] - 1e-6);
    size[i] += extra;
    if (total < 0) origin = along(origin, axis(grid, i), -extra * grid.spacingMm[i]);
  }
  return { ...grid, origin, size };
}

/**
 * Puts one slice, shifted in its plane by `shiftMm` against the first, onto the rectangular grid: the shift is the
 * same for every voxel, so the four weights of linear interpolation are too. Outside of the slice is `fill`.
 */
export function shearPlane(
  slice: Voxels,
  from: Grid,
  out: Voxels,
  to: Grid,
  shiftMm: readonly [number, number],
  fill: number,
): void {
  const [columns, rows] = from.size;
  const [outColumns, outRows] = to.size;
  const start = [0, 1].map((i) => {
    const direction = axis(from, i as 0 | 1);
    const offset =
      direction[0] * (to.origin[0] - from.origin[0]) +
      direction[1] * (to.origin[1] - from.origin[1]) +
      direction[2] * (to.origin[2] - from.origin[2]);
    return (offset - shiftMm[i as 0 | 1]) / from.spacingMm[i as 0 | 1];
  }) as [number, number];
  const baseX = Math.floor(start[0]);
  const baseY = Math.floor(start[1]);
  const fx = start[0] - baseX;
  const fy = start[1] - baseY;
  const whole = out instanceof Int16Array;
  for (let y = 0; y < outRows; y++) {
    const y0 = y + baseY;
    for (let x = 0; x < outColumns; x++) {
      const x0 = x + baseX;
      let sum = 0;
      let weight = 0;
      for (let corner = 0; corner < 4; corner++) {
        const cx = x0 + (corner & 1);
        const cy = y0 + (corner >> 1);
        const w = (corner & 1 ? fx : 1 - fx) * (corner >> 1 ? fy : 1 - fy);
        if (w === 0 || cx < 0 || cy < 0 || cx >= columns || cy >= rows) continue;
        sum += w * slice[cy * columns + cx]!;
        weight += w;
      }
      // At the border, what lies outside does not count.
      const value = weight < 0.5 ? fill : sum / weight;
      out[y * outColumns + x] = whole ? Math.round(value) : value;
    }
  }
}

/** Fills planes without a slice linearly between the nearest ones that have one. */
export function fillGaps(data: Voxels, grid: Grid, planes: readonly (Slice | undefined)[]): void {
  const area = grid.size[0] * grid.size[1];
  const whole = data instanceof Int16Array;
  for (let k = 0; k < planes.length; k++) {
    if (planes[k] !== undefined) continue;
    let below = k;
    while (planes[below] === undefined) below -= 1;
    let above = k;
    while (planes[above] === undefined) above += 1;
    const t = (k - below) / (above - below);
    for (let i = 0; i < area; i++) {
      const value = data[below * area + i]! * (1 - t) + data[above * area + i]! * t;
      data[k * area + i] = whole ? Math.round(value) : value;
    }
  }
}
