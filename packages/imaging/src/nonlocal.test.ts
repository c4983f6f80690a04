import { describe, expect, it } from 'vitest';
import { nonlocalMeans } from './nonlocal.ts';
import { setThreads, threads } from './pool/pool.ts';
import { largestDifference, noise, plainGrid, volumeOf } from './test-support.ts';
import type { Vec3, Volume } from './volume.ts';

const value = (seed: number) => (index: number) =>
  10 * ((index % 7 > 3 ? 1 : 0) + (noise(index, seed) % 1000) / 1000);

/** The definition, voxel by voxel. */
function reference(
  values: Volume,
  guide: Volume,
  sigma: (i: number, j: number, k: number) => number,
  options: { strength: number; search: Vec3; patch: Vec3; pitch: number; sparse?: boolean; rician?: boolean },
): Float32Array {
  const { strength, search, patch, pitch } = options;
  const [nx, ny, nz] = values.size;
  const clamp = (v: number, n: number) => Math.min(Math.max(v, 0), n - 1);
  const at = (volume: Volume, i: number, j: number, k: number) =>
    volume.data[clamp(i, nx) + nx * (clamp(j, ny) + ny * clamp(k, nz))]!;
  return Float32Array.from({ length: values.data.length }, (_, n) => {
    const [i, j, k] = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))];
    const power = (x: number) => (options.rician ? x * x : x);
    let sum = power(values.data[n]!);
    let weights = 1;
    for (let c = -search[2]; c <= search[2]; c++)
      for (let b = -search[1]; b <= search[1]; b++)
        for (let a = -search[0]; a <= search[0]; a++) {
          if ((a === 0 && b === 0 && c === 0) || (options.sparse && (a + b + c) % 2 !== 0)) continue;
          let distance = 0;
          let count = 0;
          for (let w = -patch[2]; w <= patch[2]; w++)
            for (let v = -patch[1]; v <= patch[1]; v += pitch)
              for (let u = -patch[0]; u <= patch[0]; u += pitch, count++)
                distance +=
                  (at(guide, i + u, j + v, k + w) - at(guide, i + a + u, j + b + v, k + c + w)) ** 2;
          // σ is that of the voxel of the pair that comes first.
          const isFirst = c > 0 || (c === 0 && (b > 0 || (b === 0 && a > 0)));
          const s = isFirst ? sigma(i, j, k) : sigma(i + a, j + b, k + c);
          const t = distance / count / (4 * strength * strength * s * s);
          const weight = Math.max(0, 1 - t / 16) ** 16;
          sum += weight * power(at(values, i + a, j + b, k + c));
          weights += weight;
        }
    const mean = sum / weights;
    return options.rician ? Math.sqrt(Math.max(0, mean - 2 * sigma(i, j, k) ** 2)) : mean;
  });
}

const volume = volumeOf(plainGrid([13, 35, 9]), new Float32Array(13 * 35 * 9), value(1));
const guide = volumeOf(plainGrid([13, 35, 9]), new Float32Array(13 * 35 * 9), value(2));

describe('non-local means', () => {
  it('is the mean of its definition, with a guide, a pitch, a thinned search, and for Rician noise', async () => {
    const shape = { strength: 0.8, search: [3, 2, 1], patch: [2, 2, 1], pitch: 2, sparse: true } as const;
    const guided = await nonlocalMeans(volume, { ...shape, noise: 3, guide });
    expect(
      largestDifference(
        guided.data,
        reference(volume, guide, () => 3, shape),
      ),
    ).toBeLessThan(1e-4);
    const plain = { strength: 0.5, search: [2, 2, 2], patch: [1, 1, 1], pitch: 1 } as const;
    const rician = await nonlocalMeans(volume, { ...plain, noise: 2, rician: 1 });
    const truth = reference(volume, volume, () => 2, { ...plain, rician: true });
    expect(largestDifference(rician.data, truth)).toBeLessThan(2e-3);
  });

  it('takes the noise from a map', async () => {
    const map = volumeOf(plainGrid([3, 1, 1], [5, 35, 9]), new Float32Array(3), (n) => 2 + n);
    const scale = (x: number) => {
      const at = Math.min(Math.max((x + 0.5) / 5 - 0.5, 0), 2);
      const low = Math.min(Math.floor(at), 1);
      return 1 / ((1 - (at - low)) / (2 + low) ** 2 + (at - low) / (3 + low) ** 2);
    };
    const shape = { strength: 0.8, search: [2, 2, 0], patch: [1, 1, 0], pitch: 1 } as const;
    const found = await nonlocalMeans(volume, { ...shape, noise: map });
    const truth = reference(volume, volume, (i) => Math.sqrt(scale(i)), shape);
    expect(largestDifference(found.data, truth)).toBeLessThan(1e-4);
  });

  it('gives the same bytes for any number of threads', async () => {
    const large = volumeOf(plainGrid([40, 70, 16]), new Int16Array(44800), value(3));
    const options = { noise: 3, strength: 0.7, search: [3, 3, 1], patch: [1, 1, 0] } as const;
    const before = threads();
    try {
      setThreads(1);
      const one = await nonlocalMeans(large, options);
      setThreads(3);
      const three = await nonlocalMeans(large, options);
      expect(Buffer.from(one.data).equals(Buffer.from(three.data))).toBe(true);
    } finally {
      setThreads(before);
    }
  });

  it.each([
    { noise: 0, strength: 1, search: [1, 1, 1], patch: [1, 1, 1] },
    { noise: 1, strength: 0, search: [1, 1, 1], patch: [1, 1, 1] },
    { noise: 1, strength: 1, search: [1.5, 1, 1], patch: [1, 1, 1] },
    { noise: 1, strength: 1, search: [1, 1, 1], patch: [1, 1, 1], pitch: 2 },
  ] as const)('refuses $noise, $strength, $search, $patch', async (options) => {
    await expect(nonlocalMeans(volume, options)).rejects.toMatchObject({ code: 'IMAGING_NONLOCAL' });
  });
});
