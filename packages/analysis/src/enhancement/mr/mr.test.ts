import type { Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from '../../numbers/index.ts';
import { meanSquaredError, relativeSharpness } from '../../quality/index.ts';
import { drawn, standardNormals } from '../../test-support/noise.ts';
import { denoiseMr } from './denoise-mr.ts';
import { mpPca } from './mp-pca.ts';

const SIZE = [40, 40, 18] as const;
/** Two tissues and a dark ventricle in a head in air. */
const truth = drawn(SIZE, [2, 2, 2], (x, y, z) => {
  if (Math.hypot(x, y) > 34 || Math.abs(z) > 15) return 0;
  if (Math.hypot(x - 8, y) < 7) return 18;
  return Math.hypot(x, y + 4) < 20 ? 200 : 130;
});
function noisy(of: Volume, sigma: number, coils: number, seed: number): Volume<Float32Array> {
  const channels = Array.from({ length: 2 * coils }, (_, c) =>
    standardNormals(of.data.length, 10 * seed + c),
  );
  const data = Float32Array.from(of.data, (signal, at) => {
    let power = 0;
    channels.forEach((channel, c) => {
      power += ((c < coils ? signal / Math.sqrt(coils) : 0) + sigma * channel[at]!) ** 2;
    });
    return Math.sqrt(power);
  });
  return { ...of, data };
}
const inside = (image: Volume, what: number) => {
  let sum = 0;
  let count = 0;
  truth.data.forEach((value, at) => {
    if (value !== what) return;
    sum += image.data[at]!;
    count++;
  });
  return sum / count;
};

describe('an MR denoised', () => {
  it.each([1, 4])('loses most of its error and its bias in dark tissue, %i coils', async (coils) => {
    const image = noisy(truth, 12, coils, 3);
    const { volume, sigma, toldBy } = await denoiseMr(image);
    expect(toldBy).toBe('air');
    expect(Math.abs(sigma / 12 - 1)).toBeLessThan(0.12);
    expect(meanSquaredError(truth, volume) / meanSquaredError(truth, image)).toBeLessThan(0.3);
    expect(Math.abs(inside(volume, 200) - 200)).toBeLessThan(2);
    expect(Math.abs(inside(volume, 18) - 18)).toBeLessThan(0.5 * (inside(image, 18) - 18));
    expect(await relativeSharpness(truth, volume)).toBeGreaterThan(0.93);
  });

  it('is told its noise by the tissue where the air was masked, or by who calls', async () => {
    const image = noisy(truth, 8, 1, 5);
    const masked = { ...image, data: image.data.map((value, at) => (truth.data[at] === 0 ? 0 : value)) };
    const found = await denoiseMr(masked);
    expect(found.toldBy).toBe('tissue');
    expect(Math.abs(found.sigma / 8 - 1)).toBeLessThan(0.15);
    expect(await denoiseMr(masked, { sigma: 8 })).toMatchObject({ toldBy: 'caller', sigma: 8, coils: 1 });
  });

  it('is not denoised where no noise can be measured', async () => {
    const nothing = drawn([8, 8, 4], [1, 1, 1], () => 0);
    await expect(denoiseMr(nothing)).rejects.toMatchObject({ code: 'ENHANCEMENT_NO_NOISE' });
  });
});

describe('a series denoised by its principal components', () => {
  const size = [14, 14, 8] as const;
  const echoes = Array.from({ length: 24 }, (_, n) =>
    drawn(
      size,
      [2, 2, 2],
      (x, y, z) => 300 * Math.exp(-n / (6 + (x > 0 ? 6 : 0) + (y > 2 ? 3 : 0))) * (1 + z / 40),
    ),
  );
  const images = echoes.map((echo, n) => {
    const noise = standardNormals(echo.data.length, 200 + n);
    return { ...echo, data: echo.data.map((value, at) => value + 10 * noise[at]!) };
  });
  const found = mpPca(images);

  it('keeps its signal, loses most of its noise, and tells σ', () => {
    const error = (of: readonly Volume[]) =>
      echoes.reduce((sum, echo, n) => sum + meanSquaredError(echo, of[n]!), 0) / echoes.length;
    expect(error(found.volumes) / error(images)).toBeLessThan(0.25);
    const sigma = found.noise.data.reduce((sum, value) => sum + value, 0) / found.noise.data.length;
    expect(Math.abs(sigma / 10 - 1)).toBeLessThan(0.06);
    const most = found.components.data.reduce((top, value) => Math.max(top, value), 0);
    expect(most).toBeLessThan(8);
  });

  it('is refused for too few volumes', () => {
    expect(() => mpPca(images.slice(0, 3))).toThrow(expect.objectContaining({ code: 'ENHANCEMENT_SERIES' }));
  });
});

describe('the eigenvectors of a symmetric matrix', () => {
  it('give the matrix again, and stand at right angles', () => {
    const n = 9;
    const random = standardNormals(n * n, 1);
    const matrix = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return random[Math.min(i, j) * n + Math.max(i, j)]!;
    });
    const { values, vectors } = symmetricEigen(matrix, n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let again = 0;
        let product = 0;
        for (let k = 0; k < n; k++) {
          again += values[k]! * vectors[i * n + k]! * vectors[j * n + k]!;
          product += vectors[k * n + i]! * vectors[k * n + j]!;
        }
        expect(again).toBeCloseTo(matrix[i * n + j]!, 10);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 10);
      }
    expect([...values]).toEqual([...values].sort((a, b) => a - b));
  });
});
