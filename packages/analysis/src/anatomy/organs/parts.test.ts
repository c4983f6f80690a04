import { emptyVolume, maskWhere } from '@photopeak/imaging';
import { expect, it } from 'vitest';
import { toTheEdge } from './parts.ts';
import type { Trunk } from './trunk.ts';

const N = 15;
const HALF = 7;

it.each([3, 3.8, 4])(
  'gives an organ its outermost layer, blurred with fat, on voxels of %s mm',
  async (mm) => {
    const labels = emptyVolume(
      { size: [N, N, N], spacingMm: [mm, mm, mm], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
      'uint8',
      '1',
    );
    labels.data.fill(1);
    /** Voxels from the surface of a cube: 0 its last full layer, 1 half fat, more fat. */
    const beyond = (n: number) =>
      Math.max(...[n % N, Math.floor(n / N) % N, Math.floor(n / N ** 2)].map((at) => Math.abs(at - HALF))) -
      3;
    const smooth = Float32Array.from(labels.data, (_, n) =>
      beyond(n) <= 0 ? 50 : beyond(n) === 1 ? 0 : -100,
    );
    const mask = maskWhere(labels, (_, n) => beyond(n) <= 0);
    const trunk = { labels, smooth } as unknown as Trunk;
    const whole = await toTheEdge(trunk, { mask, hu: 50 }, new Uint8Array(N ** 3));
    const faceVoxel = HALF + 4 + N * (HALF + N * HALF);
    expect(whole.data[faceVoxel]).toBe(1);
    expect(whole.data.some((value, n) => value !== 0 && beyond(n) > 1)).toBe(false);
  },
);
