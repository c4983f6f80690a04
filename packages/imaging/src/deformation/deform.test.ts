import { afterEach, describe, expect, it } from 'vitest';
import { voxelCount } from '../geometry.ts';
import { setThreads } from '../pool/pool.ts';
import { plainGrid } from '../test-support.ts';
import type { Vec3, Volume } from '../volume.ts';
import { type DeformationPlan, deform } from './index.ts';

const grid = { ...plainGrid([48, 40, 32], [3, 3, 3], [-20, 10, 5]) };

/** A pattern without repetition in reach, moved by some voxels. */
function pattern([sx, sy, sz]: Vec3, gain = 1): Volume<Float32Array> {
  const data = new Float32Array(voxelCount(grid));
  let at = 0;
  for (let k = 0; k < 32; k++)
    for (let j = 0; j < 40; j++)
      for (let i = 0; i < 48; i++) {
        const [x, y, z] = [i - sx, j - sy, k - sz];
        const waves =
          300 * Math.sin(x / 5 + 0.3 * Math.sin(y / 7)) * Math.cos(z / 6) +
          200 * Math.sin(y / 6 + x / 9) +
          150 * Math.cos(z / 4 + y / 11);
        data[at++] = gain * waves;
      }
  return { ...grid, data, unit: '1' };
}

const everywhere = { ...grid, data: new Uint8Array(voxelCount(grid)).fill(255), unit: '1' };
const plan: DeformationPlan = {
  features: { radius: 1, distance: 1, leastVariance: 0.001, mindWeight: 1, windows: [] },
  search: { pool: 4, radius: 2, couplings: [50, 500, 5000], smoothing: 2 },
  levels: [4, 2, 1].map((pool) => ({
    ...{ pool, stride: pool === 1 ? 2 : 1, iterations: 4, membrane: 0.5, bending: 0, robust: 0 },
  })),
};

/** Mean displacement in voxels away from the edges. */
function inner({ size, data }: { readonly size: Vec3; readonly data: Float32Array }): Vec3 {
  const sum: [number, number, number] = [0, 0, 0];
  let count = 0;
  for (let k = 4; k < size[2] - 4; k++)
    for (let j = 4; j < size[1] - 4; j++)
      for (let i = 4; i < size[0] - 4; i++, count++)
        for (let axis = 0; axis < 3; axis++)
          sum[axis]! += data[3 * (i + size[0] * (j + size[1] * k)) + axis]! / 3;
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}

afterEach(() => setThreads(2));

describe('the displacement between two images', () => {
  const shift: Vec3 = [2.3, -1.7, 1.4];

  it('is found to a tenth of a voxel, also where the values mean something else', async () => {
    const fixed = pattern([0, 0, 0]);
    const images = { fixed, fixedWeight: everywhere, movingWeight: everywhere };
    for (const gain of [1, -2.5]) {
      const { field, residuals } = await deform({ ...images, moving: pattern(shift, gain) }, plan);
      const found = inner(field);
      for (const axis of [0, 1, 2] as const) expect(Math.abs(found[axis] - shift[axis])).toBeLessThan(0.1);
      expect(residuals[0]!.at(-1)!).toBeLessThan(0.8 * residuals[0]![0]!);
      // Nodes lie in the middle of 2×2×2 voxels.
      expect(field.spacingMm).toEqual([6, 6, 6]);
      expect(field.origin).toEqual([-18.5, 11.5, 6.5]);
    }
  });

  it('is the same to the last bit for any number of threads', async () => {
    const images = {
      ...{ fixed: pattern([0, 0, 0]), moving: pattern(shift) },
      ...{ fixedWeight: everywhere, movingWeight: everywhere, heldOut: everywhere },
    };
    setThreads(1);
    const one = await deform(images, plan);
    setThreads(3);
    const three = await deform(images, plan);
    expect(three.field.data).toEqual(one.field.data);
    expect(three.heldOut).toEqual(one.heldOut);
  });

  it('does not depend on voxels without weight, and judges at those held out', async () => {
    const moving = pattern(shift);
    const half = new Uint8Array(voxelCount(grid)).map((_, n) => (n % 48 < 24 ? 255 : 0));
    const used = { ...everywhere, data: half };
    const rest = { ...everywhere, data: half.map((weight) => 255 - weight) };
    const fixed = pattern([0, 0, 0]);
    const { heldOut } = await deform(
      { fixed, moving, fixedWeight: used, movingWeight: everywhere, heldOut: rest },
      plan,
    );
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    // The half that took no part moved with the other: it fits better than without the field.
    expect(sum(heldOut!.with.squares)).toBeLessThan(0.8 * sum(heldOut!.without.squares));
  });

  it('is refused on a grid that cannot be halved', async () => {
    const odd = plainGrid([20, 20, 20]);
    const volume: Volume = { ...odd, data: new Float32Array(8000), unit: '1' };
    const weight = { ...odd, data: new Uint8Array(8000), unit: '1' };
    await expect(
      deform({ fixed: volume, moving: volume, fixedWeight: weight, movingWeight: weight }, plan),
    ).rejects.toMatchObject({ code: 'IMAGING_GRID_INVALID' });
  });
});
