import type { Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { type ReferenceRegion, regionMaximum } from './index.ts';

const volume: Volume<Float32Array> = {
  size: [11, 11, 11],
  spacingMm: [2, 2, 2],
  origin: [-10, -10, -10],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  data: new Float32Array(11 ** 3),
  unit: 'g/ml',
};
const put = (x: number, y: number, z: number, value: number) => {
  volume.data[(x + 10) / 2 + 11 * ((y + 10) / 2 + (11 * (z + 10)) / 2)] = value;
};
put(0, 0, 4, 2);
put(0, 0, 6, 9);
put(0, 0, 0, 1);

const region = (shape: ReferenceRegion['shape']): ReferenceRegion => ({
  name: 'liver',
  center: [0, 0, 0],
  shape,
  mean: 0,
  sd: 0,
  meanHu: 0,
  confidence: 1,
  withinBand: true,
  findings: [],
});

describe('the maximum of a reference region', () => {
  it('is that of the voxels whose centres lie in it', () => {
    expect(regionMaximum(volume, region({ kind: 'sphere', radiusMm: 4 }))).toBe(2);
    expect(regionMaximum(volume, region({ kind: 'sphere', radiusMm: 6 }))).toBe(9);
    expect(regionMaximum(volume, region({ kind: 'sphere', radiusMm: 1 }))).toBe(1);
  });

  it('follows a tube, and is null outside the volume', () => {
    const tube = region({
      kind: 'tube',
      radiusMm: 2,
      path: [
        [0, 0, -4],
        [0, 0, 4],
      ],
    });
    expect(regionMaximum(volume, tube)).toBe(9);
    expect(
      regionMaximum(
        volume,
        region({
          kind: 'tube',
          radiusMm: 1,
          path: [
            [0, 0, 50],
            [0, 0, 60],
          ],
        }),
      ),
    ).toBeNull();
  });
});
