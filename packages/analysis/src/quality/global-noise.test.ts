import { describe, expect, it } from 'vitest';
import { globalNoise } from './global-noise.ts';

const grid = {
  size: [160, 160, 4],
  spacingMm: [1, 1, 3],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  unit: "[hnsf'U]",
} as const;

/** About normally distributed, the same for the same voxel. */
function gauss(index: number): number {
  let h = Math.imul(index + 1, 0x9e3779b1);
  let sum = 0;
  for (let n = 0; n < 12; n++) {
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) + n;
    sum += ((h ^ (h >>> 13)) >>> 0) / 4294967296;
  }
  return sum - 6;
}

/** A disc of soft tissue with a hot organ, ribs and lung in it. */
function slices(noiseHu: number) {
  const [nx, ny, nz] = grid.size;
  const data = new Float32Array(nx * ny * nz);
  for (let n = 0; n < data.length; n++) {
    const x = (n % nx) - 80;
    const y = (Math.floor(n / nx) % ny) - 80;
    const r = Math.hypot(x, y);
    const inside = Math.hypot(x - 30, y) < 20 ? 75 : Math.hypot(x + 35, y) < 18 ? -800 : r > 66 ? 600 : 45;
    data[n] = (r > 70 ? -1000 : inside) + noiseHu * gauss(n);
  }
  return { ...grid, data };
}

describe('the global noise of a CT', () => {
  it.each([6, 12, 30])('is that of its soft tissue, whatever else is in the picture: %i HU', (noise) => {
    const found = globalNoise(slices(noise))!;
    expect(Math.abs(found.noiseHu - noise) / noise).toBeLessThan(0.05);
  });

  it('is not told where there is no soft tissue', () => {
    const air = { ...grid, data: new Float32Array(160 * 160 * 4).fill(-1000) };
    expect(globalNoise(air)).toBeUndefined();
  });
});
