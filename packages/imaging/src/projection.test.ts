import { describe, expect, it } from 'vitest';
import { toWorld } from './geometry.ts';
import { maximumIntensityProjection } from './projection.ts';
import { plainGrid, volumeOf } from './test-support.ts';

/** Bright points at the patient's left, front and head. */
const grid = plainGrid([41, 31, 51], [2, 2, 2], [-40, -30, -50]);
const points = new Map([
  [36 + 41 * (15 + 31 * 25), 300],
  [20 + 41 * (3 + 31 * 25), 200],
  [20 + 41 * (15 + 31 * 47), 100],
]);
const volume = volumeOf(grid, new Float32Array(41 * 31 * 51), (index) => points.get(index) ?? 0);

function brightest(image: Awaited<ReturnType<typeof maximumIntensityProjection>>, value: number) {
  const index = image.data.findIndex((v) => Math.abs(v - value) < value * 0.02);
  return [index % image.size[0], Math.floor(index / image.size[0])] as const;
}

describe('maximum intensity projection', () => {
  it('looks from the front: the left of the patient is on the right, the head above', async () => {
    const image = await maximumIntensityProjection(volume, { angleDegrees: 0 });
    expect(image.size).toEqual([41, 51, 1]);
    expect(brightest(image, 300)).toEqual([36, 25]);
    expect(brightest(image, 200)).toEqual([20, 25]);
    expect(brightest(image, 100)).toEqual([20, 3]);
    expect(toWorld(image, [36, 25, 0])[0]).toBeCloseTo(32, 6);
  });

  it('looks from the left: the front of the patient is on the left', async () => {
    const image = await maximumIntensityProjection(volume, { angleDegrees: 90 });
    expect(image.size).toEqual([31, 51, 1]);
    expect(brightest(image, 200)).toEqual([3, 25]);
    expect(brightest(image, 300)).toEqual([15, 25]);
  });

  it('looks from the back: the left of the patient is on the left', async () => {
    const image = await maximumIntensityProjection(volume, { angleDegrees: 180 });
    expect(brightest(image, 300)).toEqual([4, 25]);
  });

  it('never exceeds the maximum between the axes', async () => {
    const image = await maximumIntensityProjection(volume, { angleDegrees: 33 });
    expect(Math.max(...image.data)).toBeLessThanOrEqual(300);
    expect(Math.max(...image.data)).toBeGreaterThan(100);
  });
});
