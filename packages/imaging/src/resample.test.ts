import { describeWithPeers } from '@photopeak/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convert } from './boxes.ts';
import { createVolume, emptyVolume } from './create.ts';
import { identity, multiply, toVoxel, toWorld, translation, voxelCount } from './geometry.ts';
import { type Interpolation, resample } from './resample.ts';
import { sampleAt } from './statistics.ts';
import {
  arbitraryGrid,
  largestDifference,
  noise,
  plainGrid,
  rotation,
  runPython,
  volumeOf,
} from './test-support.ts';
import type { Grid, Mat4, Vec3, Volume, VoxelArray } from './volume.ts';
import { allocateVoxels, type VoxelType } from './voxels.ts';

const interpolations: readonly Interpolation[] = ['nearest', 'linear', 'cubic'];
const types: readonly VoxelType[] = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'float64',
];

function turned(angles: Vec3, shift: Vec3): Mat4 {
  const r = rotation(angles);
  return [r[0], r[1], r[2], shift[0], r[3], r[4], r[5], shift[1], r[6], r[7], r[8], shift[2], 0, 0, 0, 1];
}

/** A linear function of the place, in float32. */
function ramp(grid: Grid, slope: Vec3) {
  const [ni, nj] = grid.size;
  return volumeOf(grid, new Float32Array(voxelCount(grid)), (index) => {
    const p = toWorld(grid, [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))]);
    return p[0] * slope[0] + p[1] * slope[1] + p[2] * slope[2];
  });
}

describe('resampling', () => {
  it.each(types)(
    'copies %s exactly onto the same grid, in every orientation and interpolation',
    async (type) => {
      await fc.assert(
        fc.asyncProperty(arbitraryGrid(), fc.constantFrom(...interpolations), async (grid, interpolation) => {
          const data = allocateVoxels(type, voxelCount(grid));
          const volume = volumeOf<VoxelArray>(grid, data, (index) =>
            type.startsWith('float') ? noise(index) / 1e3 : noise(index),
          );
          const copy = await resample(volume, { grid, interpolation });
          expect(copy.data).toEqual(volume.data);
        }),
        { numRuns: 25 },
      );
    },
  );

  it('keeps NaN and Infinity where they are', async () => {
    const grid = plainGrid([5, 4, 3]);
    const volume = volumeOf(grid, new Float32Array(60), (index) =>
      index === 17 ? Number.NaN : index === 31 ? Number.POSITIVE_INFINITY : index,
    );
    expect((await resample(volume, { grid, interpolation: 'linear' })).data).toEqual(volume.data);
  });

  it('turns axes and shifts by whole voxels without a change', async () => {
    const volume = volumeOf(plainGrid([6, 5, 4], [2, 2, 2]), new Int16Array(120), (index) => noise(index));
    const turnedGrid: Grid = {
      ...plainGrid([4, 6, 5], [2, 2, 2], [10, 0, 2]),
      direction: [0, -1, 0, 0, 0, 1, 1, 0, 0],
    };
    const out = await resample(volume, { grid: turnedGrid, interpolation: 'cubic', outside: -7 });
    for (let k = 0; k < 5; k++) {
      for (let j = 0; j < 6; j++) {
        for (let i = 0; i < 4; i++) {
          // x = 10 − 2j, y = 2k, z = 2 + 2i.
          const source = 5 - j >= 0 && i + 1 < 4 ? volume.data[5 - j + 6 * (k + 5 * (i + 1))] : -7;
          expect(out.data[i + 4 * (j + 6 * k)]).toBe(source);
        }
      }
    }
  });

  it('reproduces linear functions by linear and, inside, by cubic interpolation', async () => {
    const source = ramp({ ...plainGrid([48, 44, 40], [1, 1.5, 2], [-20, -30, -40]) }, [3, -2, 1.5]);
    const grid: Grid = {
      ...plainGrid([41, 37, 33], [0.7, 0.9, 1.1], [-10, -14, -22]),
      direction: rotation([0.2, -0.3, 0.4]),
    };
    const expected = ramp(grid, [3, -2, 1.5]);
    const inside = await resample(emptyVolume(source, 'uint8', '1'), {
      grid,
      interpolation: 'nearest',
      outside: 1,
    });
    for (const interpolation of ['linear', 'cubic'] as const) {
      const out = await resample(source, { grid, interpolation });
      let worst = 0;
      let compared = 0;
      const [ni, nj] = grid.size;
      for (let index = 0; index < out.data.length; index++) {
        if (inside.data[index]) continue;
        const p = toWorld(grid, [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))]);
        const v = [p[0] + 20, (p[1] + 30) / 1.5, (p[2] + 40) / 2];
        // The mirrored edges of the spline bend a ramp within some voxels of the edge.
        const margin = interpolation === 'cubic' ? 14 : 0;
        if (v.some((c, axis) => c < margin || c > source.size[axis]! - 1 - margin)) continue;
        compared++;
        worst = Math.max(worst, Math.abs(out.data[index]! - expected.data[index]!));
      }
      expect(compared).toBeGreaterThan(1000);
      expect(worst).toBeLessThan(1e-4);
    }
  });

  it('agrees with a plain computation under affines, at all edges and for all sizes', async () => {
    const angle = fc.double({ min: -3, max: 3, noNaN: true });
    const shift = fc.double({ min: -4, max: 4, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        arbitraryGrid(20),
        arbitraryGrid(20),
        fc.tuple(angle, angle, angle),
        fc.tuple(shift, shift, shift),
        async (from, to, angles, offset) => {
          const source = volumeOf(
            { ...from, origin: [0, 0, 0] },
            new Float32Array(voxelCount(from)),
            (i) => noise(i) % 1000,
          );
          const grid = { ...to, origin: [1, 2, 3] as const };
          const transform = turned(angles, offset);
          const out = await resample(source, { grid, transform, interpolation: 'linear', outside: -1 });
          const [ni, nj] = grid.size;
          let wrong = 0;
          for (let index = 0; index < out.data.length; index++) {
            const p = toWorld(grid, [index % ni, Math.floor(index / ni) % nj, Math.floor(index / (ni * nj))]);
            const m = transform;
            const q: Vec3 = [
              m[0] * p[0] + m[1] * p[1] + m[2] * p[2] + m[3],
              m[4] * p[0] + m[5] * p[1] + m[6] * p[2] + m[7],
              m[8] * p[0] + m[9] * p[1] + m[10] * p[2] + m[11],
            ];
            const v = toVoxel(source, q);
            // On an outer face rounding decides.
            const onFace = v.some(
              (c, a) => Math.min(Math.abs(c + 0.5), Math.abs(c - source.size[a]! + 0.5)) < 1e-5,
            );
            if (!onFace && Math.abs(out.data[index]! - (sampleAt(source, q) ?? -1)) > 0.02) wrong++;
          }
          expect(wrong).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('passes through the samples with cubic interpolation', async () => {
    const grid = plainGrid([23, 21, 19], [1, 2, 3]);
    const volume = volumeOf(grid, new Float32Array(voxelCount(grid)), (index) => noise(index) % 1000);
    // A field of tiny, uneven displacements keeps the exact copy of whole shifts out of the way.
    const field = { ...grid, data: new Float32Array(voxelCount(grid) * 3).fill(1e-7) };
    const out = await resample(volume, { grid, field, interpolation: 'cubic' });
    expect(largestDifference(out.data, volume.data)).toBeLessThan(1e-2);
  });

  it('rounds and clamps integers, and leaves floats as they are when asked to', async () => {
    const grid = plainGrid([4, 1, 1]);
    const half = plainGrid([3, 1, 1], [1, 1, 1], [0.5, 0, 0]);
    const bytes = volumeOf(grid, new Uint8Array(4), (index) => [0, 1, 4, 255][index]!);
    expect([...(await resample(bytes, { grid: half, interpolation: 'linear' })).data]).toEqual([0, 2, 130]);
    const floats = await resample(bytes, { grid: half, interpolation: 'linear', type: 'float32' });
    expect([...floats.data]).toEqual([0.5, 2.5, 129.5]);
    const real = volumeOf(grid, new Float32Array(4), (index) => [-1e9, Number.NaN, 3.5, 1e9][index]!);
    expect([...(await resample(real, { grid, interpolation: 'nearest', type: 'int16' })).data]).toEqual([
      -32768, 0, 4, 32767,
    ]);
    expect([...convert(real, 'int16').data]).toEqual([-32768, 0, 4, 32767]);
  });

  it('uses the outside value only beyond the outer faces', async () => {
    const volume = volumeOf(plainGrid([3, 3, 1]), new Int16Array(9), (index) => index + 1);
    const fine = plainGrid([9, 1, 1], [0.5, 1, 1], [-1, 0, 0]);
    const out = await resample(volume, {
      grid: fine,
      interpolation: 'linear',
      type: 'float32',
      outside: -1024,
    });
    expect([...out.data]).toEqual([-1024, 1, 1, 1.5, 2, 2.5, 3, 3, -1024]);
  });

  it('follows a displacement field, then the transform', async () => {
    const source = ramp(plainGrid([40, 40, 40], [1, 1, 1], [-20, -20, -20]), [1, 10, 100]);
    const grid = plainGrid([34, 33, 32], [0.5, 0.5, 0.5], [-8, -8, -8]);
    const coarse = plainGrid([6, 6, 6], [5, 5, 5], [-12, -12, -12]);
    const data = new Float32Array(voxelCount(coarse) * 3);
    for (let index = 0; index < voxelCount(coarse); index++) {
      const [x] = toWorld(coarse, [index % 6, Math.floor(index / 6) % 6, Math.floor(index / 36)]);
      data.set([0.1 * x, -1, 2], index * 3);
    }
    const transform = multiply(translation([1, 2, 3]), identity);
    const out = await resample(source, {
      grid,
      transform,
      field: { ...coarse, data },
      interpolation: 'linear',
    });
    for (const ijk of [
      [0, 0, 0],
      [33, 32, 31],
      [10, 20, 30],
    ] as const) {
      const [x, y, z] = toWorld(grid, ijk);
      const expected = x + 0.1 * x + 1 + 10 * (y - 1 + 2) + 100 * (z + 2 + 3);
      expect(out.data[ijk[0] + 34 * (ijk[1] + 33 * ijk[2])]).toBeCloseTo(expected, 2);
    }
  });

  it('takes displacements as zero outside of their grid', async () => {
    const volume = volumeOf(plainGrid([10, 1, 1]), new Float32Array(10), (index) => index);
    const field = { ...plainGrid([2, 1, 1], [1, 1, 1], [2, 0, 0]), data: Float32Array.of(3, 0, 0, 3, 0, 0) };
    const out = await resample(volume, { grid: volume, field, interpolation: 'linear' });
    expect([...out.data]).toEqual([0, 1, 5, 6, 4, 5, 6, 7, 8, 9]);
  });

  it('refuses a field whose numbers do not fill its grid', async () => {
    const volume = emptyVolume(plainGrid([2, 2, 2]), 'float32', '1');
    const field = { ...plainGrid([2, 2, 2]), data: new Float32Array(8) };
    await expect(resample(volume, { grid: volume, field, interpolation: 'linear' })).rejects.toMatchObject({
      code: 'IMAGING_DATA_LENGTH',
    });
  });

  it('takes any type to any other, in every interpolation, within the arena of a piece', async () => {
    const from = plainGrid([21, 19, 17], [2, 2, 2]);
    const grid = {
      ...plainGrid([40, 37, 33], [1.1, 1.2, 1.3], [-3, -2, 1]),
      direction: rotation([0.1, 0.4, 0.2]),
    };
    const bytes = volumeOf(from, new Uint8Array(voxelCount(from)), (index) => noise(index) % 100);
    for (const interpolation of interpolations) {
      const expected = await resample(bytes, { grid, interpolation, outside: 5, type: 'float32' });
      for (const type of types) {
        const source = convert(bytes, type) as Volume;
        for (const to of types) {
          const { data } = await resample(source, { grid, interpolation, outside: 5, type: to });
          const rounded = to.startsWith('float') ? expected : convert(expected, to);
          expect(largestDifference(data, rounded.data)).toBe(0);
        }
      }
    }
  });

  it('gives volumes in private memory the same result as in shared memory', async () => {
    const grid = plainGrid([50, 41, 37], [1, 1, 2]);
    const shared = volumeOf(grid, allocateVoxels('int16', voxelCount(grid)), (index) => noise(index));
    const own = { ...shared, data: Int16Array.from(shared.data) };
    const target = {
      ...plainGrid([60, 60, 30], [0.8, 0.7, 2.5], [3, 2, 1]),
      direction: rotation([0.5, 1, -0.7]),
    };
    for (const interpolation of interpolations) {
      const [a, b] = await Promise.all(
        [shared, own].map((v) => resample(v, { grid: target, interpolation })),
      );
      expect(a!.data).toEqual(b!.data);
    }
  });
});

describeWithPeers('resampling beside scipy', ['scipy'], () => {
  it('computes the cubic spline of scipy.ndimage.affine_transform', async () => {
    const grid = plainGrid([31, 29, 27]);
    const volume = volumeOf(grid, new Float32Array(voxelCount(grid)), (index) => noise(index) % 100);
    const transform = turned([0.1, 0.2, 0.3], [2, 1, -3]);
    const out = await resample(volume, { grid, transform, interpolation: 'cubic', outside: -1 });
    const m = transform;
    const script = `
import numpy as np, scipy.ndimage as nd
v = np.fromfile('0', np.float32).reshape(27, 29, 31)
m = np.array([[${m[10]}, ${m[9]}, ${m[8]}], [${m[6]}, ${m[5]}, ${m[4]}], [${m[2]}, ${m[1]}, ${m[0]}]])
nd.affine_transform(v, m, [${m[11]}, ${m[7]}, ${m[3]}], order=3, mode='mirror', cval=-1).tofile('out')`;
    const peer = new Float32Array(runPython(script, [volume.data]));
    let compared = 0;
    let worst = 0;
    for (let index = 0; index < peer.length; index++) {
      const [i, j, k] = [index % 31, Math.floor(index / 31) % 29, Math.floor(index / (31 * 29))];
      const p = [0, 4, 8].map((r) => m[r]! * i + m[r + 1]! * j + m[r + 2]! * k + m[r + 3]!);
      if (p.some((c, axis) => c < 0 || c > grid.size[axis]! - 1)) continue;
      compared++;
      worst = Math.max(worst, Math.abs(out.data[index]! - peer[index]!));
    }
    expect(compared).toBeGreaterThan(5000);
    expect(worst).toBeLessThan(2e-3);
  });
});

describe('nearest neighbours into another type', () => {
  it('takes a mask to floats on a plane partly outside of it, to the outer faces of its voxels', async () => {
    const grid = {
      size: [9, 8, 7],
      spacingMm: [4, 4, 4],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    } as const;
    const mask = createVolume(grid, new Uint8Array(9 * 8 * 7).fill(1), '1');
    const plane = { ...grid, size: [384, 384, 1], spacingMm: [1, 1, 1], origin: [-100, -100, 8] } as const;
    const result = await resample(mask, { grid: plane, interpolation: 'nearest', type: 'float32' });
    expect(result.data.reduce((sum, value) => sum + value, 0)).toBe(37 * 33);
  });
});
