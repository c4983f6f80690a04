import type { Grid, Mask, Mat3, Vec3, Volume } from '@photopeak/imaging';
import { toWorld } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { measureRegion } from './measure.ts';

/** Peak over maximum of a Gaussian blob for a centred sphere of 6.2035 mm, from the closed form. */
const gaussianVectors = [
  [6, 0.23052],
  [8, 0.40579],
  [10, 0.54871],
  [15, 0.75827],
] as const;

const identity: Mat3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const turned: Mat3 = [0, 0.6, 0.8, 1, 0, 0, 0, 0.8, -0.6];

function paint(grid: Grid, value: (position: Vec3) => number): Volume<Float32Array> {
  const data = new Float32Array(grid.size[0] * grid.size[1] * grid.size[2]);
  let index = 0;
  for (let k = 0; k < grid.size[2]; k++)
    for (let j = 0; j < grid.size[1]; j++)
      for (let i = 0; i < grid.size[0]; i++) data[index++] = value(toWorld(grid, [i, j, k]));
  return { ...grid, data, unit: 'g/ml{SUVbw}' };
}

function above(volume: Volume, threshold: number): Mask {
  return {
    ...volume,
    data: Uint8Array.from(volume.data, (value) => (value >= threshold ? 1 : 0)),
    unit: '1',
  };
}

function distance(a: Vec3, b: Vec3): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

describe('SUVpeak', () => {
  for (const [fwhm, ratio] of gaussianVectors) {
    const voxel = fwhm / 3.2;
    for (const direction of [identity, turned]) {
      it(`meets the analytic value of a Gaussian of ${fwhm} mm on ${voxel.toFixed(1)} mm voxels ${direction === turned ? 'turned' : 'straight'}`, () => {
        const count = Math.ceil((fwhm * 2.4 + 16) / voxel);
        const grid: Grid = {
          size: [count, count + 1, count + 2],
          spacingMm: [voxel, voxel, voxel * 0.9],
          origin: [-40, 12, 300],
          direction,
        };
        const centre = toWorld(grid, [count / 2 + 0.3, count / 2 - 0.42, count / 2 + 0.17]);
        const sigma = fwhm / Math.sqrt(8 * Math.log(2));
        const volume = paint(grid, (p) => 10 * Math.exp(-0.5 * (distance(p, centre) / sigma) ** 2));
        const { peak } = measureRegion(volume, above(volume, 4));
        expect(Math.abs(peak.value / (10 * ratio) - 1)).toBeLessThan(0.005);
        expect(distance(peak.position, centre)).toBeLessThan(0.25);
      });
    }
  }

  it('is the value of a ball with sharp edges, never more', () => {
    const grid: Grid = { size: [24, 24, 24], spacingMm: [4, 4, 4], origin: [0, 0, 0], direction: identity };
    const centre = toWorld(grid, [11.5, 11.5, 11.5]);
    for (const radius of [12, 20]) {
      const volume = paint(grid, (p) => (distance(p, centre) <= radius ? 4 : 1));
      const { peak } = measureRegion(volume, above(volume, 2));
      expect(peak.value).toBeLessThanOrEqual(4);
      expect(peak.value).toBeGreaterThan(4 * 0.995);
    }
  });

  it('is the value itself where the uptake is uniform', () => {
    const grid: Grid = { size: [16, 16, 12], spacingMm: [4, 4, 5], origin: [0, 0, 0], direction: identity };
    const volume = paint(grid, () => 3.7);
    const { peak } = measureRegion(volume, above(volume, 1));
    expect(peak.value).toBeCloseTo(3.7, 5);
    expect(peak.smallerThanSphere).toBe(false);
  });

  it('lets the sphere reach out of the region but keeps its centre inside', () => {
    const grid: Grid = { size: [24, 24, 24], spacingMm: [2, 2, 2], origin: [0, 0, 0], direction: identity };
    const hot: Vec3 = [30, 24, 24];
    const volume = paint(grid, (p) => 8 * Math.exp(-0.5 * (distance(p, hot) / 5) ** 2));
    const region = { ...volume, data: new Uint8Array(volume.data.length), unit: '1' };
    for (let i = 6; i <= 12; i++) region.data[i + 24 * (12 + 24 * 12)] = 1;
    const { peak } = measureRegion(volume, region);
    expect(peak.position[0]).toBeCloseTo(24.98, 1);
    expect(peak.smallerThanSphere).toBe(true);
  });

  it('says when the sphere leaves the volume', () => {
    const grid: Grid = { size: [12, 12, 6], spacingMm: [4, 4, 4], origin: [0, 0, 0], direction: identity };
    const volume = paint(grid, (p) => 5 - p[2] * 0.1);
    const { peak } = measureRegion(volume, above(volume, 4));
    expect(peak.beyondVolume).toBe(true);
  });
});
