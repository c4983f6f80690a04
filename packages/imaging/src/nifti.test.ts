import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { dataFile, describeWithData } from '@photopeak/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameGrid, voxelCount } from './geometry.ts';
import { readNifti, writeNifti } from './nifti.ts';
import { statistics } from './statistics.ts';
import { arbitraryGrid, noise, plainGrid, volumeOf } from './test-support.ts';
import type { Grid, Volume, VoxelArray } from './volume.ts';
import { allocateVoxels, type VoxelType } from './voxels.ts';

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

const small = volumeOf(
  plainGrid([3, 2, 2], [1, 2, 3], [10, 20, 30]),
  new Int16Array(12),
  (index) => index * 100 - 300,
);

/** The uncompressed file with some fields of its header changed. */
function changed(change: (view: DataView, bytes: Uint8Array) => void, volume: Volume = small): Uint8Array {
  const file = writeNifti(volume, { compress: false });
  change(new DataView(file.buffer), file);
  return file;
}

/** The same file in the other byte order. */
function bigEndian(file: Uint8Array, bytesPerVoxel: number): Uint8Array {
  const swapped = Uint8Array.from(file);
  const swap = (at: number, width: number) => swapped.subarray(at, at + width).reverse();
  swap(0, 4);
  for (const at of [36]) swap(at, 4);
  for (let at = 40; at < 56; at += 2) swap(at, 2);
  for (const at of [68, 70, 72, 74]) swap(at, 2);
  for (let at = 76; at < 120; at += 4) swap(at, 4);
  for (const at of [252, 254]) swap(at, 2);
  for (let at = 256; at < 328; at += 4) swap(at, 4);
  for (let at = 352; at < file.length; at += bytesPerVoxel) swap(at, bytesPerVoxel);
  return swapped;
}

/** Half a turn about an axis between j and k, as NIfTI counts axes. */
const HALF_TURN: Grid = {
  size: [3, 1, 1],
  spacingMm: [5.199777747953734, 0.3, 0.3],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 0.7488547460875472, 0.662734161834257, 0, -0.662734161834257, 0.7488547460875472],
};

describe('NIfTI', () => {
  it.each(types)('brings %s back as it was, in every orientation', (type) => {
    fc.assert(
      fc.property(arbitraryGrid(5), fc.boolean(), (grid, compress) => {
        const volume = volumeOf<VoxelArray>(grid, allocateVoxels(type, voxelCount(grid)), (index) =>
          noise(index),
        );
        const back = readNifti(writeNifti(volume, { compress }));
        expect(back.data).toEqual(volume.data);
        expect(sameGrid(back, volume, 1e-3)).toBe(true);
        expect(back.unit).toBe('1');
      }),
      { numRuns: 30 },
    );
  });

  it('reads the same place from the quaternion alone', () => {
    fc.assert(
      fc.property(arbitraryGrid(5), (grid) => {
        const volume = volumeOf(grid, new Uint8Array(voxelCount(grid)), (index) => index);
        const back = readNifti(changed((view) => view.setInt16(254, 0, true), volume));
        // About half a turn the parts, of 32 bits, tell the angle to a thousandth.
        const reachMm = Math.hypot(...grid.size.map((n, axis) => (n - 1) * grid.spacingMm[axis]!));
        expect(sameGrid(back, volume, 5e-3 + 1e-3 * reachMm)).toBe(true);
      }),
      { examples: [[HALF_TURN]] },
    );
  });

  it('reads big-endian files', () => {
    const back = readNifti(bigEndian(writeNifti(small, { compress: false }), 2));
    expect([...back.data]).toEqual([...small.data]);
    expect(sameGrid(back, small)).toBe(true);
  });

  it('applies slope and intercept', () => {
    const back = readNifti(
      changed((view) => {
        view.setFloat32(112, 0.5, true);
        view.setFloat32(116, -10, true);
      }),
    );
    expect(back.data).toBeInstanceOf(Float32Array);
    expect([...back.data]).toEqual([...small.data].map((value) => value * 0.5 - 10));
  });

  it('ignores a slope of zero', () => {
    const back = readNifti(changed((view) => view.setFloat32(112, 0, true)));
    expect(back.data).toBeInstanceOf(Int16Array);
  });

  it('takes voxels in metres and micrometres', () => {
    const metres = readNifti(changed((view) => view.setUint8(123, 1)));
    expect(metres.spacingMm).toEqual([1000, 2000, 3000]);
  });

  it('turns RAS into LPS', () => {
    const back = readNifti(
      changed((view) => {
        for (const [index, value] of [2, 0, 0, 5, 0, 3, 0, 6, 0, 0, 4, 7].entries())
          view.setFloat32(280 + 4 * index, value, true);
      }),
    );
    expect(back.origin).toEqual([-5, -6, 7]);
    expect(back.direction).toEqual([-1, 0, 0, 0, -1, 0, 0, 0, 1]);
    expect(back.spacingMm).toEqual([2, 3, 4]);
  });

  it('keeps the unit of a voxel', () => {
    expect(readNifti(writeNifti({ ...small, unit: "[hnsf'U]" })).unit).toBe("[hnsf'U]");
  });

  it('reads 64-bit integers, as numpy writes masks', () => {
    const doubles = volumeOf(plainGrid([2, 1, 1]), new Float64Array(2), () => 0);
    const file = changed((view) => {
      view.setInt16(70, 1024, true);
      view.setBigInt64(352, 7n, true);
      view.setBigInt64(360, -3n, true);
    }, doubles);
    expect(readNifti(file).data).toEqual(Int32Array.of(7, -3));
  });

  it('writes the same bytes each time', () => {
    expect(writeNifti(small)).toEqual(writeNifti(small));
  });

  it.each([
    ['an empty file', () => new Uint8Array(0), 'NIFTI_TRUNCATED'],
    ['another format', () => new Uint8Array(400).fill(7), 'NIFTI_HEADER'],
    ['NIfTI-2', () => changed((view) => view.setInt32(0, 540, true)), 'NIFTI_UNSUPPORTED'],
    [
      'a header without its image',
      () => changed((_, bytes) => bytes.set([0x6e, 0x69, 0x31, 0], 344)),
      'NIFTI_UNSUPPORTED',
    ],
    [
      'several time points',
      () =>
        changed((view) =>
          [40, 48].forEach((at) => {
            view.setInt16(at, 4, true);
          }),
        ),
      'NIFTI_UNSUPPORTED',
    ],
    ['colours', () => changed((view) => view.setInt16(70, 128, true)), 'NIFTI_UNSUPPORTED'],
    ['a negative size', () => changed((view) => view.setInt16(42, -1, true)), 'NIFTI_UNSUPPORTED'],
    ['missing voxels', () => writeNifti(small, { compress: false }).subarray(0, 370), 'NIFTI_TRUNCATED'],
    ['a broken gzip stream', () => writeNifti(small).subarray(0, -12), 'NIFTI_GZIP'],
    [
      'a gzip bomb',
      () => gzipSync(Buffer.concat([writeNifti(small, { compress: false }), Buffer.alloc(40 << 20)])),
      'NIFTI_GZIP',
    ],
    [
      'sizes that no file could hold',
      () =>
        changed((view) =>
          [42, 44, 46].forEach((at) => {
            view.setInt16(at, 32767, true);
          }),
        ),
      'NIFTI_TRUNCATED',
    ],
  ])('refuses %s', (_name, file, code) => {
    expect(() => readNifti(file())).toThrow(expect.objectContaining({ code }));
  });

  it('answers any bytes with a volume or a NIfTI error', () => {
    const file = writeNifti(small, { compress: false });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(351), fc.nat(255)), { maxLength: 6 }), (changes) => {
        const bytes = Uint8Array.from(file);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          readNifti(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(NIFTI|IMAGING)_/) });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describeWithData('real NIfTI files', () => {
  it('are read and written back to the same voxels', () => {
    const folder = dataFile('mr_ms_longitudinal');
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.nii(\.gz)?$/.test(name),
    );
    expect(names.length).toBeGreaterThan(0);
    for (const name of names.slice(0, 4)) {
      const bytes = readFileSync(`${folder}/${name}`);
      const volume = readNifti(bytes);
      expect(statistics(volume).count).toBeGreaterThan(1000);
      const back = readNifti(gunzipSync(writeNifti(volume)));
      expect(sameGrid(back, volume, 0.01)).toBe(true);
      expect(statistics(back)).toEqual(statistics(volume));
    }
  });
});
