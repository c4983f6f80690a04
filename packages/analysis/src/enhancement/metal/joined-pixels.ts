import { createVolume, type Grid, type Volume } from '@photopeak/imaging';

/** Finer pixels than this are joined, mm: a network sees streaks of one scale, and large images do not take long. */
const FINEST_MM = 0.85;

/** Pixels along an edge that are joined to one. */
export const joinedPixels = ({ spacingMm }: Grid): number =>
  Math.max(1, Math.ceil(FINEST_MM / Math.min(spacingMm[0], spacingMm[1]) - 1e-6));

/** Means of whole blocks of pixels, slice by slice; incomplete blocks at the border, which `downsample` drops, are means of what there is. */
export function joined(volume: Volume, factor: number): Volume<Float32Array> {
  const [nx, ny, nz] = volume.size;
  const [mx, my] = [Math.ceil(nx / factor), Math.ceil(ny / factor)];
  const [sx, sy, sz] = volume.spacingMm;
  const data = new Float32Array(mx * my * nz);
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < my; j++) {
      for (let i = 0; i < mx; i++) {
        const [right, below] = [Math.min(nx, (i + 1) * factor), Math.min(ny, (j + 1) * factor)];
        let sum = 0;
        for (let y = j * factor; y < below; y++)
          for (let x = i * factor; x < right; x++) sum += volume.data[x + nx * (y + ny * k)]!;
        data[i + mx * (j + my * k)] = sum / ((right - i * factor) * (below - j * factor));
      }
    }
  }
  const grid = { ...volume, size: [mx, my, nz], spacingMm: [sx * factor, sy * factor, sz] } as const;
  return createVolume(grid, data, volume.unit);
}

/** Values of joined pixels on the pixels themselves: linear between their middles, held beyond the outermost. */
export function spreadOut(coarse: Volume<Float32Array>, fine: Grid, factor: number): Float32Array {
  if (factor === 1) return coarse.data;
  const [nx, ny, nz] = fine.size;
  const [mx, my] = coarse.size;
  const places = (count: number, last: number) =>
    Array.from({ length: count }, (_, n) => {
      const at = Math.max(0, Math.min(last, (n + 0.5) / factor - 0.5));
      const from = Math.min(Math.floor(at), Math.max(0, last - 1));
      return { from, to: Math.min(last, from + 1), share: at - from };
    });
  const [columns, rows] = [places(nx, mx - 1), places(ny, my - 1)];
  const data = new Float32Array(nx * ny * nz);
  let n = 0;
  for (let k = 0; k < nz; k++) {
    for (const row of rows) {
      const [above, below] = [mx * (row.from + my * k), mx * (row.to + my * k)];
      for (const { from, to, share } of columns) {
        const upper = coarse.data[above + from]! * (1 - share) + coarse.data[above + to]! * share;
        const lower = coarse.data[below + from]! * (1 - share) + coarse.data[below + to]! * share;
        data[n++] = upper * (1 - row.share) + lower * row.share;
      }
    }
  }
  return data;
}
