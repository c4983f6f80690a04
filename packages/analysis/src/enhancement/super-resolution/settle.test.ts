import { createVolume, emptyVolume, type Vec3 } from '@photopeak/imaging';
import { Random } from '@photopeak/phantom';
import { describe, expect, it } from 'vitest';
import { settle } from './settle.ts';
import { SliceModel } from './slice-profile.ts';

const [SLICES, FACTOR, LINES] = [12, 4, 24];
const grid = (planes: number) => ({
  size: [LINES, 1, planes] as Vec3,
  spacingMm: [1, 1, 1] as Vec3,
  origin: [0, 0, 0] as Vec3,
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] as const,
});

/** Overlapping slices whose noise no line of planes from 0 on can give, and planes that go below 0. */
function impossible() {
  const random = Random.of('settle', 1);
  const noise = (count: number, sd: number) =>
    Float32Array.from({ length: LINES * count }, (_, at) =>
      Math.max(0, (Math.floor(at / LINES) % 5 === 1 ? 60 : 2) + sd * random.normal()),
    );
  const slices = createVolume(grid(SLICES), noise(SLICES, 20), '1');
  const planes = emptyVolume(grid(SLICES * FACTOR), 'float32', '1');
  for (let at = 0; at < planes.data.length; at++) planes.data[at] = 10 + 40 * random.normal();
  return { slices, planes };
}

describe('lines along the normal', () => {
  const model = new SliceModel(SLICES, FACTOR, 'gaussian', 1.3);
  const { slices, planes } = impossible();
  const before = Float64Array.from(planes.data);
  const { unsettledLines, consistencyError } = settle(slices, model, planes);

  it('are all settled, even where no line gives the slices', () => {
    expect(unsettledLines).toBe(0);
    expect(consistencyError).toBeGreaterThan(0.02);
    expect(Math.min(...planes.data)).toBeGreaterThanOrEqual(Math.min(...slices.data));
  });

  it('are the nearest there are: nothing that a plane could do instead is better', () => {
    const least = Math.min(...slices.data);
    for (let line = 0; line < LINES; line++) {
      const at = (n: number) => line + LINES * n;
      const missed = model.rows.map(({ first, weights }, k) => {
        const seen = weights.reduce((sum, weight, n) => sum + weight * planes.data[at(first + n)]!, 0);
        return (seen - slices.data[at(k)]!) / model.ridges[k]!;
      });
      for (let n = 0; n < model.planes; n++) {
        const value = planes.data[at(n)]!;
        // Of ½‖x − x₀‖² + ½‖A·x − b‖²/ρ: nothing where a plane is free, and upwards where it is held at the least.
        let slope = value - before[at(n)]!;
        for (const [k, { first, weights }] of model.rows.entries())
          slope += missed[k]! * (weights[n - first] ?? 0);
        if (value > least) expect(Math.abs(slope)).toBeLessThan(0.05);
        else expect(slope).toBeGreaterThan(-0.05);
      }
    }
  });
});
