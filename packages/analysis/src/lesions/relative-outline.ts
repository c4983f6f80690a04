import type { Volume } from '@photopeak/imaging';

interface Outlined {
  readonly voxels: Uint32Array;
  readonly max: number;
}

/** An outline that grows beyond this many times its candidate has run into its surroundings. */
const LARGEST_GROWTH = 8;

/**
 * Each finding outlined at a share of its own maximum: the connected voxels around its hottest voxel at or above
 * share · max. Voxels of other findings are not taken. An outline below the noise of its surroundings is kept at the
 * candidate's own voxels.
 */
export function outlineAtShare<T extends Outlined>(volume: Volume, found: readonly T[], share: number): T[] {
  const [nx, ny, nz] = volume.size;
  const owner = new Map<number, number>();
  found.forEach((finding, n) => {
    for (const index of finding.voxels) owner.set(index, n);
  });
  const outline = (finding: T, n: number): T => {
    const threshold = share * finding.max;
    const start = finding.voxels.find((index) => volume.data[index] === finding.max)!;
    const seen = new Set([start]);
    const queue = [start];
    const limit = LARGEST_GROWTH * finding.voxels.length;
    for (let at = 0; at < queue.length && queue.length <= limit; at++) {
      const index = queue[at]!;
      const i = index % nx;
      const j = Math.floor(index / nx) % ny;
      const k = Math.floor(index / (nx * ny));
      for (let c = Math.max(0, k - 1); c <= Math.min(nz - 1, k + 1); c++)
        for (let b = Math.max(0, j - 1); b <= Math.min(ny - 1, j + 1); b++)
          for (let a = Math.max(0, i - 1); a <= Math.min(nx - 1, i + 1); a++) {
            const next = a + nx * (b + ny * c);
            if (seen.has(next) || volume.data[next]! < threshold) continue;
            if ((owner.get(next) ?? n) !== n) continue;
            seen.add(next);
            queue.push(next);
          }
    }
    if (queue.length > limit) return finding;
    for (const index of queue) owner.set(index, n);
    return { ...finding, voxels: Uint32Array.from(queue).sort() };
  };
  // The hottest first, so that what two outlines could claim goes to the same one every time.
  const order = found.map((_, n) => n).sort((a, b) => found[b]!.max - found[a]!.max || a - b);
  const outlined = [...found];
  for (const n of order) outlined[n] = outline(found[n]!, n);
  return outlined;
}
