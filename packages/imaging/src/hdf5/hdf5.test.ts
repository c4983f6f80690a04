import { readFileSync } from 'node:fs';
import { dataFile, describeWithData } from '@photopeak/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachLeaf, TREE_OF } from './b-tree.ts';
import { readDatatype } from './datatype.ts';
import { isHdf5, readHdf5 } from './hdf5.ts';
import { guarded, Reader } from './reader.ts';

const open = (name: string) => readHdf5(readFileSync(dataFile('kspace_and_sino', name)));

describeWithData('HDF5', () => {
  it('reads a sinogram with its dark and white fields', () => {
    const file = open('tooth.h5');
    expect(file.paths).toEqual(
      expect.arrayContaining([
        '/exchange/data',
        '/exchange/data_dark',
        '/exchange/data_white',
        '/exchange/theta',
      ]),
    );
    const data = file.dataset('/exchange/data');
    expect(data.shape).toEqual([181, 2, 640]);
    const white = file.dataset('/exchange/data_white').numbers();
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
    expect(mean(white)).toBeGreaterThan(1.2 * mean(data.numbers()));
    expect(mean(file.dataset('/exchange/data_dark').numbers())).toBeLessThan(0.1 * mean(white));
  });

  it('reads records with lists of numbers: ISMRMRD', () => {
    const file = open('acqDataBrainSim100.h5');
    const path = file.paths.find((name) => name.endsWith('/data'))!;
    const rows = file.dataset(path).values() as { head: Record<string, unknown>; data: Float32Array }[];
    expect(rows.length).toBeGreaterThan(0);
    const samples = rows.map(({ head, data }) => [
      Number(head.number_of_samples) * Number(head.active_channels) * 2,
      data.length,
    ]);
    expect(samples.every(([stated, found]) => stated === found)).toBe(true);
    const header = file.dataset(file.paths.find((name) => name.endsWith('/xml'))!).values()[0];
    expect(header).toContain('<ismrmrdHeader');
  });

  it('says which datasets there are', () => {
    expect(() => open('tooth.h5').dataset('/data')).toThrow(/no such dataset/);
  });

  it('refuses every damaged file with a reason, and never hangs', () => {
    const whole = readFileSync(dataFile('kspace_and_sino', 'tooth.h5'));
    const damaged = fc.tuple(fc.integer({ min: 0, max: 6000 }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(damaged, { minLength: 1, maxLength: 8 }), (places) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, value] of places) bytes[at] = value;
        try {
          const file = readHdf5(bytes);
          for (const path of file.paths) file.dataset(path).values();
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^HDF5_/) });
        }
      }),
      { numRuns: 30, seed: 7 },
    );
  });
});

describe('what is not HDF5', () => {
  it('is told apart', () => {
    expect(isHdf5(new Uint8Array(20))).toBe(false);
    expect(() => readHdf5(new Uint8Array(20))).toThrow(/cannot be read/);
  });
});

describe('what would not end, or not fit into memory', () => {
  it('is refused: a tree whose node is its own child', () => {
    const node = Buffer.alloc(48);
    node.write('TREE');
    node.set([TREE_OF.group, 1, 1], 4);
    const visit = () =>
      eachLeaf(
        node,
        0,
        TREE_OF.group,
        (reader) => reader.skip(8),
        () => expect.unreachable(),
      );
    expect(visit).toThrow(expect.objectContaining({ code: 'HDF5_UNREADABLE', expected: 'a tree' }));
  });

  it('is refused: elements of no bytes', () => {
    const text = Uint8Array.from([0x13, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => readDatatype(new Reader(text, 0))).toThrow(/cannot be read/);
  });

  it('is told with what the machine said', () => {
    const broken = () => guarded(() => new DataView(new ArrayBuffer(1)).getUint32(0));
    expect(broken).toThrow(
      expect.objectContaining({ code: 'HDF5_UNREADABLE', cause: expect.any(RangeError) }),
    );
  });
});
