import { describe, expect, it } from 'vitest';
import { lowDoseCt } from './low-dose-ct.ts';
import { rodPlaces } from './rods.ts';

const scan = lowDoseCt({ seed: 3, object: 'rods', size: 'small', slices: 2, dose: 0.25 });
const [width, , count] = scan.noiseFree.size;
const pixel = scan.noiseFree.spacingMm[0];

/** Mean of an image, and standard deviation of its error, in a disc. */
function disc(data: Float32Array, xMm: number, yMm: number, radiusMm: number) {
  const middle = (width - 1) / 2;
  let sum = 0;
  let squares = 0;
  let voxels = 0;
  for (let at = 0; at < data.length; at++) {
    const x = ((at % width) - middle) * pixel;
    const y = ((Math.floor(at / width) % width) - middle) * pixel;
    if (Math.hypot(x - xMm, y - yMm) > radiusMm) continue;
    sum += data[at]!;
    squares += (data[at]! - scan.noiseFree.data[at]!) ** 2;
    voxels++;
  }
  return { mean: sum / voxels, sd: Math.sqrt(squares / voxels) };
}

describe('a CT of known truth at two doses', () => {
  it('shows water and rods at their Hounsfield units', () => {
    expect(count).toBe(2);
    expect(Math.abs(disc(scan.noiseFree.data, 0, 0, 25).mean)).toBeLessThan(6);
    for (const { x, y, contrast } of rodPlaces) {
      expect(Math.abs(disc(scan.noiseFree.data, x, y, 7).mean - contrast)).toBeLessThan(
        5 + 0.02 * Math.abs(contrast),
      );
    }
  });

  it('has twice the noise at a quarter of the dose, more in the middle than near the edge', () => {
    const low = disc(scan.lowDose.data, 0, 0, 30).sd;
    const full = disc(scan.fullDose.data, 0, 0, 30).sd;
    expect(low / full).toBeGreaterThan(1.85);
    expect(low / full).toBeLessThan(2.25);
    expect(disc(scan.lowDose.data, 0, 88, 10).sd).toBeLessThan(0.9 * low);
  });

  it('is the same for the same seed and refuses what no scan is', () => {
    // All slices show the same rods, so that the first one of fewer is the same too.
    const again = lowDoseCt({ seed: 3, object: 'rods', size: 'small', slices: 1, dose: 0.25 }).lowDose.data;
    expect(again).toEqual(scan.lowDose.data.subarray(0, again.length));
    expect(() => lowDoseCt({ seed: 1, dose: 0 })).toThrow(
      expect.objectContaining({ code: 'PHANTOM_OPTION_INVALID' }),
    );
  });
});
