import type { Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { drawn } from '../../test-support/noise.ts';
import { holdToNoise } from './held-to-noise.ts';

const SIZE = [24, 24, 3] as const;
const MM = [1, 1, 2] as const;
const SIGMA = 10;
const map: Volume<Float32Array> = {
  ...drawn([1, 1, 1], [24, 24, 6], () => SIGMA),
  data: Float32Array.of(SIGMA),
};
/** What is left of a change by `hu` at places of the middle slice, where everything else stays. */
async function leftOf(hu: number, isChanged: (x: number, y: number) => boolean): Promise<number[]> {
  const ct = drawn(SIZE, MM, () => 40);
  const denoised = { ...ct, data: Float32Array.from(ct.data) };
  const places: number[] = [];
  for (let at = 0; at < 24 * 24; at++)
    if (isChanged((at % 24) - 12, Math.floor(at / 24) - 12)) places.push(at + 24 * 24);
  for (const at of places) denoised.data[at] = 40 + hu;
  await holdToNoise(denoised, 0, { ct, map, kept: 0.3 });
  expect(denoised.data[0]).toBeCloseTo(40, 3);
  return places.map((at) => denoised.data[at]! - 40);
}
const isVoxel = (x: number, y: number) => x === 0 && y === 0;
const isBlock = (x: number, y: number) => Math.abs(x) <= 3 && Math.abs(y) <= 3;

describe('what a method changed in a CT', () => {
  it('stays where noise explains it', async () => {
    const [left] = await leftOf(-20, isVoxel);
    expect(left).toBeCloseTo(-20, 3);
  });

  it('is taken back where a voxel moved by more than noise does', async () => {
    for (const hu of [-45, 60, 150, -600]) {
      const [left] = await leftOf(hu, isVoxel);
      expect(Math.abs(left!)).toBeLessThan(3 * SIGMA);
    }
    const [voxel] = await leftOf(150, isVoxel);
    expect(Math.abs(voxel!)).toBeLessThan(0.01);
  });

  it('is taken back where many voxels moved together, each by less than its noise', async () => {
    const left = await leftOf(20, isBlock);
    const middle = left[Math.floor(left.length / 2)]!;
    expect(Math.abs(middle)).toBeLessThan(2);
    const noise = await leftOf(5, isBlock);
    for (const hu of noise) expect(hu).toBeCloseTo(5, 3);
  });
});
