import type { DisplacementField } from '@photopeak/imaging';

/** Passes of (1 2 1) / 4 along each axis: over the motion before it is judged, and over the weights. */
const JUDGED_PASSES = 2;
const WEIGHT_PASSES = 1;

/** Smooths `parts` interleaved numbers at the nodes of a grid, in place; the edge is repeated. */
function smooth(data: Float32Array, [nx, ny, nz]: readonly number[], parts: number, passes: number): void {
  const axes = [
    [1, nx!],
    [nx!, ny!],
    [nx! * ny!, nz!],
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

/**
 * Keeps of a displacement, in place, what is larger than such images are registered to: nothing where it is shorter than
 * `noneMm`, all of it from `allMm` on, and smoothly in between. Where nothing moved beyond the rigid registration a
 * deformation of PET and CT is as long as its error, about 3 mm everywhere; left in, it would spoil what was right.
 */
export function keepCertainMotion(
  field: DisplacementField,
  [noneMm, allMm]: readonly [number, number],
): void {
  const { data, size } = field;
  const judged = Float32Array.from(data);
  smooth(judged, size, 3, JUDGED_PASSES);
  const weights = new Float32Array(data.length / 3);
  for (let n = 0; n < weights.length; n++) {
    const mm = Math.hypot(judged[3 * n]!, judged[3 * n + 1]!, judged[3 * n + 2]!);
    const t = Math.min(1, Math.max(0, (mm - noneMm) / (allMm - noneMm)));
    weights[n] = t * t * (3 - 2 * t);
  }
  smooth(weights, size, 1, WEIGHT_PASSES);
  for (let n = 0; n < data.length; n++) data[n]! *= weights[Math.floor(n / 3)]!;
}
