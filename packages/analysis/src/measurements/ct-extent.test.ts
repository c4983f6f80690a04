import type { Vec3, Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { measureCtExtent } from './ct-extent.ts';

/** A CT of 2 × 2 × 4 mm, each voxel the mean over 8 points in it. */
function ctOf(huAt: (x: number, y: number, z: number) => number, flipped = false): Volume {
  const size: Vec3 = [50, 50, 20];
  const data = new Float32Array(size[0] * size[1] * size[2]);
  for (let k = 0, n = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, n++)
        for (const c of [-1, 1])
          for (const b of [-0.5, 0.5])
            for (const a of [-0.5, 0.5])
              data[n]! += huAt(2 * i + a, 2 * j + b, 4 * (flipped ? size[2] - 1 - k : k) + c) / 8;
  return {
    size,
    spacingMm: [2, 2, 4],
    origin: [0, 0, flipped ? 4 * (size[2] - 1) : 0],
    direction: flipped ? [1, 0, 0, 0, 1, 0, 0, 0, -1] : [1, 0, 0, 0, 1, 0, 0, 0, 1],
    data,
    unit: "hnsf'U",
  };
}

const middle: Vec3 = [50, 50, 40];
/** Uptake as PET shows it: voxels of 4 mm within so many mm of the middle. */
function uptake(radiusMm: number, shift: Vec3 = [0, 0, 0], stepMm = 4): Vec3[] {
  const points: Vec3[] = [];
  for (let x = -24; x <= 24; x += stepMm)
    for (let y = -24; y <= 24; y += stepMm)
      for (let z = -24; z <= 24; z += stepMm)
        if (Math.hypot(x, y, z) <= radiusMm)
          points.push([middle[0] + x + shift[0], middle[1] + y + shift[1], middle[2] + z + shift[2]]);
  return points;
}

/** An ellipsoid turned by 30° in the plane. */
const isIn = (a: number, b: number, c: number) => (x: number, y: number, z: number) => {
  const [u, v] = [x - middle[0], y - middle[1]];
  const [along, across] = [0.866 * u + 0.5 * v, -0.5 * u + 0.866 * v];
  return (along / a) ** 2 + (across / b) ** 2 + ((z - middle[2]) / c) ** 2 <= 1;
};

describe('a lesion that the air of the lung or fat surrounds', () => {
  it.each([
    ['lung', -850, 30, 12, 8],
    ['lung', -800, 40, 6, 5],
    ['fat', -100, 45, 14, 9],
    ['fat', -95, 35, 8, 7],
  ])(
    'in %s of %d HU, itself %d HU, with half axes of %d and %d mm, is measured within 1.5 mm',
    async (...of) => {
      const [, outside, inside, a, b] = of;
      const within = isIn(a, b, a);
      const ct = ctOf((x, y, z) => (within(x, y, z) ? inside : outside));
      const extent = await measureCtExtent(ct, uptake(a), middle);
      if (extent.status !== 'measured') throw new Error(extent.reason);
      expect(Math.abs(extent.longestMm - 2 * a)).toBeLessThan(1.5);
      expect(Math.abs(extent.shortAxisMm - 2 * b)).toBeLessThan(1.5);
      expect(Math.abs(extent.ends[0][2] - middle[2])).toBeLessThan(4.1);
    },
  );

  it('is the same on slices that are stored the other way round, and without a vessel that enters it', async () => {
    const within = isIn(12, 9, 12);
    const vessel = (x: number, y: number, z: number) =>
      Math.hypot(y - middle[1], z - middle[2]) < 1.5 && x > 50;
    const huAt = (x: number, y: number, z: number) => (within(x, y, z) || vessel(x, y, z) ? 30 : -850);
    const [up, down] = [
      await measureCtExtent(ctOf(huAt), uptake(12), middle),
      await measureCtExtent(ctOf(huAt, true), uptake(12), middle),
    ];
    if (up.status !== 'measured' || down.status !== 'measured') throw new Error('not measured');
    expect(up.longestMm).toBeCloseTo(down.longestMm, 3);
    expect(Math.abs(up.longestMm - 24)).toBeLessThan(2.5);
  });

  it('is measured whatever the number of its voxels', async () => {
    const within = isIn(12, 9, 12);
    const ct = ctOf((x, y, z) => (within(x, y, z) ? 30 : -850));
    const points = uptake(12, [0, 0, 0], 0.25);
    expect(points.length).toBeGreaterThan(400_000);
    const extent = await measureCtExtent(ct, points, middle);
    expect(extent.status === 'measured' && Math.abs(extent.longestMm - 24) < 1.5).toBe(true);
  });

  it('is found where PET shows it 5 mm beside', async () => {
    const within = isIn(12, 9, 12);
    const ct = ctOf((x, y, z) => (within(x, y, z) ? 30 : -850));
    const extent = await measureCtExtent(ct, uptake(12, [0, 0, 5]), [50, 50, 45]);
    expect(extent.status === 'measured' && Math.abs(extent.longestMm - 24) < 1.5).toBe(true);
  });
});

describe('what CT cannot delimit', () => {
  const within = isIn(12, 9, 12);
  it.each([
    [
      'in the liver',
      (x: number, y: number, z: number) => (within(x, y, z) ? 45 : 60),
      'neither lung nor fat',
    ],
    [
      'grown onto muscle',
      (x: number, y: number, z: number) => (within(x, y, z) || x > 56 ? 40 : -100),
      'runs into tissue',
    ],
    ['not there on CT', () => -850, 'no denser tissue'],
  ] as const)('%s is not measured, and says why', async (_, huAt, reason) => {
    const outcome = await measureCtExtent(ctOf(huAt), uptake(12), middle);
    expect(outcome).toMatchObject({ status: 'not-measured', reason: expect.stringContaining(reason) });
  });
});
