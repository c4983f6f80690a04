import { emptyVolume, type Grid, type Mat4 } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { sampleOnto, valueAt, voxelMap } from './index.ts';

const target: Grid = {
  size: [9, 8, 7],
  spacingMm: [1.7, 2.3, 3.1],
  origin: [-3, 1, -2],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

/** Turned about z, and moved. */
const turned: Mat4 = [0.8, -0.6, 0, 1, 0.6, 0.8, 0, -2, 0, 0, 1, 0, 0, 0, 0, 1];

describe('linear resampling of working volumes', () => {
  it.each(['int16', 'float32', 'float64'] as const)(
    'gives the interpolated value of %s at every voxel',
    (type) => {
      for (const size of [
        [6, 5, 4],
        [6, 1, 4],
      ] as const) {
        const source = emptyVolume({ ...target, size, spacingMm: [2, 3, 4], origin: [0, 0, 0] }, type, 'HU');
        source.data.forEach((_, n) => {
          source.data[n] = ((n * 7919) % 211) - 100;
        });
        for (const pull of [undefined, turned]) {
          const options = pull === undefined ? { outside: -7 } : { outside: -7, pull };
          const sampled = sampleOnto(source, target, options);
          const m = voxelMap(target, source, pull);
          let outside = 0;
          for (let k = 0, n = 0; k < 7; k++)
            for (let j = 0; j < 8; j++)
              for (let i = 0; i < 9; i++, n++) {
                const at = (row: number) => m[row]! * i + m[row + 1]! * j + m[row + 2]! * k + m[row + 3]!;
                const value = valueAt(source, at(0), at(4), at(8));
                if (value === undefined) outside++;
                expect(sampled.data[n]).toBeCloseTo(value ?? -7, 3);
              }
          expect(outside).toBeGreaterThan(9);
          expect(outside).toBeLessThan(9 * 8 * 7);
        }
      }
    },
  );
});
