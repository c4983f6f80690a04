import type { Vec3 } from '@photopeak/imaging';

/**
 * Smooths `parts` interleaved numbers at the nodes of a grid by (1 2 1) / 4 along each axis, in place, a number of times;
 * the edge is repeated.
 */
export function smoothNodes(data: Float32Array, [nx, ny, nz]: Vec3, parts: number, passes: number): void {
  const axes = [
    [1, nx],
    [nx, ny],
    [nx * ny, nz],
  ] as const;
  const nodes = data.length / parts;
  for (let pass = 0; pass < passes; pass++)
    for (const [step, count] of axes) {
      const before = data.slice();
      for (let n = 0; n < nodes; n++) {
        const at = Math.floor(n / step) % count;
        const low = at > 0 ? n - step : n;
        const high = at < count - 1 ? n + step : n;
        for (let c = 0; c < parts; c++)
          data[parts * n + c] =
            (before[parts * low + c]! + 2 * before[parts * n + c]! + before[parts * high + c]!) / 4;
      }
    }
}

/** 0 up to `low`, 1 from `high` on, smooth in between. */
export function smoothStep(value: number, [low, high]: readonly [number, number]): number {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** Multiplies the displacement at each node by its weight, smoothed once. */
export function weigh(field: Float32Array, weights: Float32Array, size: Vec3): void {
  smoothNodes(weights, size, 1, 1);
  for (let n = 0; n < field.length; n++) field[n]! *= weights[Math.floor(n / 3)]!;
}
