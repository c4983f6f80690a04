import type { Vec3 } from '@photopeak/imaging';

/** Blocks of a coarse map without a value (NaN) take the mean of those neighbours that have one, from near to far. */
export function fillFromNeighbours(values: Float32Array | Float64Array, size: Vec3): void {
  for (let left = values.length; left > 0; left--) {
    const before = values.slice();
    let filled = 0;
    for (let block = 0; block < values.length; block++) {
      if (!Number.isNaN(before[block]!)) continue;
      const known = faceNeighbours(block, size).filter((other) => !Number.isNaN(before[other]!));
      if (known.length === 0) continue;
      values[block] = known.reduce((sum, other) => sum + before[other]!, 0) / known.length;
      filled++;
    }
    if (filled === 0) return;
  }
}

/** The blocks that share a face with one. */
export function faceNeighbours(block: number, [nx, ny, nz]: Vec3): number[] {
  const i = block % nx;
  const j = Math.floor(block / nx) % ny;
  const k = Math.floor(block / (nx * ny));
  return [
    i > 0 ? block - 1 : -1,
    i < nx - 1 ? block + 1 : -1,
    j > 0 ? block - nx : -1,
    j < ny - 1 ? block + nx : -1,
    k > 0 ? block - nx * ny : -1,
    k < nz - 1 ? block + nx * ny : -1,
  ].filter((other) => other >= 0);
}
