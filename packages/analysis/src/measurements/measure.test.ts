import type { Grid, Mask, Volume } from '@photopeak/imaging';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { furthestPair, lesionDmax, measureRegion } from './index.ts';

const grid: Grid = {
  size: [6, 5, 4],
  spacingMm: [2, 3, 5],
  origin: [10, 20, -30],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

function withVoxels(entries: readonly (readonly [number, number, number, number])[]): {
  volume: Volume<Float32Array>;
  mask: Mask;
} {
  const data = new Float32Array(120);
  const inside = new Uint8Array(120);
  for (const [i, j, k, value] of entries) {
    data[i + 6 * (j + 5 * k)] = value;
    inside[i + 6 * (j + 5 * k)] = 1;
  }
  return { volume: { ...grid, data, unit: 'g/ml{SUVbw}' }, mask: { ...grid, data: inside, unit: '1' } };
}

describe('the metrics of a region', () => {
  it('are those of three voxels counted by hand', () => {
    const { volume, mask } = withVoxels([
      [1, 1, 1, 2],
      [2, 1, 1, 4],
      [4, 3, 2, 9],
    ]);
    const found = measureRegion(volume, mask);
    expect(found).toMatchObject({ voxels: 3, max: 9, min: 2, mean: 5, maxVoxel: [4, 3, 2] });
    expect(found.sd).toBeCloseTo(Math.sqrt((9 + 1 + 16) / 3), 12);
    expect(found.mtvMl).toBeCloseTo(0.09, 12);
    expect(found.tlg).toBeCloseTo(0.45, 12);
    expect(found.maxPosition).toEqual([18, 29, -20]);
    expect(found.diameter.mm).toBeCloseTo(Math.hypot(6, 6, 5), 9);
    expect(found.centroid[0]).toBeCloseTo(10 + (2 * 7) / 3, 9);
    expect(found.peak.smallerThanSphere).toBe(true);
  });

  it('refuses an empty region, another grid, and a voxel without a value', () => {
    const { volume, mask } = withVoxels([[1, 1, 1, 2]]);
    const code = (run: () => unknown): unknown => {
      try {
        run();
      } catch (error) {
        return (error as { code?: string }).code;
      }
      return 'no error';
    };
    expect(code(() => measureRegion(volume, { ...mask, data: new Uint8Array(120) }))).toBe('MEASURE_EMPTY');
    expect(code(() => measureRegion(volume, { ...mask, origin: [10, 20, -25] }))).toBe('MEASURE_GRID');
    const hole = { ...volume, data: volume.data.map((value) => (value === 2 ? Number.NaN : value)) };
    expect(code(() => measureRegion(hole, mask))).toBe('MEASURE_NOT_FINITE');
  });
});

describe('the furthest pair', () => {
  it('equals the search over all pairs', () => {
    const point = fc.tuple(
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: -3, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 40 }), (points) => {
        let longest = 0;
        for (const a of points)
          for (const b of points)
            longest = Math.max(longest, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
        expect(furthestPair(points)!.mm).toBeCloseTo(longest, 9);
      }),
    );
  });

  it('is 0 for one lesion and undefined for none', () => {
    expect(lesionDmax([[1, 2, 3]])).toBe(0);
    expect(lesionDmax([])).toBeUndefined();
  });
});
