import type { Grid } from '@photopeak/imaging';

/** Value of a tissue label at a point, LPS mm. */
export type LabelAt = (x: number, y: number, z: number) => number;
export type PatternAt = (x: number, y: number, z: number) => number;

/** Labels at the voxel centres of a grid along the patient's axes. */
export function labelVolume(grid: Grid, labelAt: LabelAt): Uint8Array {
  const [nx, ny, nz] = grid.size;
  const [hx, hy, hz] = grid.spacingMm;
  const labels = new Uint8Array(nx * ny * nz);
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++)
        labels[at++] = labelAt(grid.origin[0] + i * hx, grid.origin[1] + j * hy, grid.origin[2] + k * hz);
  return labels;
}

export type ValueAt = (x: number, y: number, z: number, label: number) => number;

/** Values at voxel centres; voxels at a border are the mean of 2×2×2 points. */
export function paint(grid: Grid, labels: Uint8Array, labelAt: LabelAt, valueAt: ValueAt): Float32Array {
  const [nx, ny, nz] = grid.size;
  const [hx, hy, hz] = grid.spacingMm;
  const data = new Float32Array(labels.length);
  let at = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, at++) {
        const label = labels[at]!;
        const isBorder =
          (i > 0 && labels[at - 1] !== label) ||
          (i < nx - 1 && labels[at + 1] !== label) ||
          (j > 0 && labels[at - nx] !== label) ||
          (j < ny - 1 && labels[at + nx] !== label) ||
          (k > 0 && labels[at - nx * ny] !== label) ||
          (k < nz - 1 && labels[at + nx * ny] !== label);
        const x = grid.origin[0] + i * hx;
        const y = grid.origin[1] + j * hy;
        const z = grid.origin[2] + k * hz;
        if (!isBorder) {
          data[at] = valueAt(x, y, z, label);
          continue;
        }
        let sum = 0;
        for (const c of [-0.25, 0.25])
          for (const b of [-0.25, 0.25])
            for (const a of [-0.25, 0.25]) {
              const p = [x + a * hx, y + b * hy, z + c * hz] as const;
              sum += valueAt(...p, labelAt(...p));
            }
        data[at] = sum / 8;
      }
  return data;
}
