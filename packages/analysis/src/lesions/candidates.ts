import { type Mask, toVoxel, toWorld, type Vec3, type Volume } from '@photopeak/imaging';

/** Connected voxels of a volume, as linear indices in the order in which they were reached. */
export interface Candidate {
  readonly voxels: Uint32Array;
  readonly low: Vec3;
  readonly high: Vec3;
}

/** A region in which more is asked of a voxel than elsewhere. */
export interface RaisedRegion {
  readonly mask: Mask;
  readonly threshold: number;
}

/** Closes the voxels inside the region that do not reach its threshold. */
function closeInside(volume: Volume, open: Uint8Array, { mask, threshold }: RaisedRegion): void {
  const [nx, ny, nz] = volume.size;
  const [mx, my, mz] = mask.size;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (open[n] === 0 || volume.data[n]! >= threshold) continue;
        const [x, y, z] = toVoxel(mask, toWorld(volume, [i, j, k])).map(Math.round) as [
          number,
          number,
          number,
        ];
        if (x < 0 || y < 0 || z < 0 || x >= mx || y >= my || z >= mz) continue;
        if (mask.data[x + mx * (y + my * z)] !== 0) open[n] = 0;
      }
}

/**
 * Connected components (faces, edges, corners) of the voxels at or above a threshold. Beside the volume one byte a
 * voxel is held, and four bytes for each voxel found: a label volume of the PET's size would be four times the volume.
 */
export function candidatesAbove(
  volume: Volume,
  threshold: number,
  smallest: number,
  raised?: RaisedRegion,
): Candidate[] {
  const [nx, ny, nz] = volume.size;
  const open = new Uint8Array(nx * ny * nz);
  for (let n = 0; n < open.length; n++) if (volume.data[n]! >= threshold) open[n] = 1;
  if (raised !== undefined) closeInside(volume, open, raised);
  const found: Candidate[] = [];
  const stack: number[] = [];
  for (let first = 0; first < open.length; first++) {
    if (open[first] === 0) continue;
    open[first] = 0;
    stack.length = 0;
    stack.push(first);
    const low: [number, number, number] = [nx, ny, nz];
    const high: [number, number, number] = [-1, -1, -1];
    for (let at = 0; at < stack.length; at++) {
      const index = stack[at]!;
      const i = index % nx;
      const j = Math.floor(index / nx) % ny;
      const k = Math.floor(index / (nx * ny));
      if (i < low[0]) low[0] = i;
      if (i > high[0]) high[0] = i;
      if (j < low[1]) low[1] = j;
      if (j > high[1]) high[1] = j;
      if (k < low[2]) low[2] = k;
      if (k > high[2]) high[2] = k;
      for (let c = Math.max(0, k - 1); c <= Math.min(nz - 1, k + 1); c++)
        for (let b = Math.max(0, j - 1); b <= Math.min(ny - 1, j + 1); b++)
          for (let a = Math.max(0, i - 1); a <= Math.min(nx - 1, i + 1); a++) {
            const next = a + nx * (b + ny * c);
            if (open[next] === 0) continue;
            open[next] = 0;
            stack.push(next);
          }
    }
    if (stack.length >= smallest) found.push({ voxels: Uint32Array.from(stack), low, high });
  }
  return found;
}
