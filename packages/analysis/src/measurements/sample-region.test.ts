import { emptyVolume, type Grid, translation } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { sampleRegion } from './sample-region.ts';

const grid = (size: number, spacing: number): Grid => ({
  size: [size, size, size],
  spacingMm: [spacing, spacing, spacing],
  origin: [(spacing - size * spacing) / 2, (spacing - size * spacing) / 2, (spacing - size * spacing) / 2],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
});

describe('another image inside a region', () => {
  // A ramp along x, 10 per mm, on voxels of 1 mm; the region is one voxel of 4 mm.
  const image = emptyVolume(grid(20, 1), 'float32', '1');
  for (let n = 0; n < image.data.length; n++) image.data[n] = 10 * (image.origin[0] + (n % 20));
  const region = grid(4, 4);
  const voxel = Uint32Array.of(1 + 4 * (1 + 4));

  it('is sampled between its voxels: the mean of a ramp is its value in the middle', () => {
    const found = sampleRegion(image, region, voxel)!;
    expect(found.mean).toBeCloseTo(-20, 6);
    expect([found.min, found.max]).toEqual([-30, -10]);
    expect(found.covered).toBe(1);
  });

  it('follows the registration', () => {
    expect(sampleRegion(image, region, voxel, translation([3, 0, 0]))!.mean).toBeCloseTo(10, 6);
    const moved = sampleRegion(image, region, voxel, (points) => points.map(([x, y, z]) => [x + 3, y, z]));
    expect(moved!.mean).toBeCloseTo(10, 6);
  });

  it('says how much of it the image shows', () => {
    const found = sampleRegion(image, region, voxel, translation([-8, 0, 0]))!;
    expect(found.covered).toBeGreaterThan(0.4);
    expect(found.covered).toBeLessThan(0.6);
    expect(sampleRegion(image, region, voxel, translation([100, 0, 0]))).toBeUndefined();
  });
});
