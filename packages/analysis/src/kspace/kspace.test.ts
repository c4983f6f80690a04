import { complexImage, transformCentered } from '@photopeak/imaging';
import { paintBodies, sheppLoganBodies } from '@photopeak/phantom';
import { describe, expect, it } from 'vitest';
import { centeredGrid } from '../reconstruction/geometries.ts';
import type { CoilSamples } from './samples.ts';
import { kspaceNullSpace, reconstructKspace } from './sense.ts';
import { coilSensitivities } from './sensitivities.ts';

const SIZE = [60, 64] as const;
const COILS = 4;

/** A head in four coils around it, measured at a third of k-space at random and in a block in its middle. */
function measured(): { truth: Float32Array; samples: CoilSamples } {
  const [width, height] = SIZE;
  const truth = paintBodies(sheppLoganBodies(29, 1), centeredGrid([width, height, 1], [1, 1, 1]));
  const data = new Float32Array(2 * width * height * COILS);
  for (let coil = 0; coil < COILS; coil++) {
    const angle = (coil * Math.PI) / 2;
    const image = complexImage(width, height);
    for (let n = 0; n < truth.length; n++) {
      const [x, y] = [(n % width) / width - 0.5, Math.floor(n / width) / height - 0.5];
      const near = Math.exp(-1.5 * ((x - 0.6 * Math.cos(angle)) ** 2 + (y - 0.6 * Math.sin(angle)) ** 2));
      image.re[n] = truth[n]! * near * Math.cos(angle + x);
      image.im[n] = truth[n]! * near * Math.sin(angle + x);
    }
    transformCentered(image, false);
    for (let n = 0; n < truth.length; n++) {
      const [x, y] = [n % width, Math.floor(n / width)];
      const middle = Math.abs(x - width / 2) < 9 && Math.abs(y - height / 2) < 9;
      const hash = Math.imul(Math.imul(n + 1, 2654435761) ^ 0x5bd1e995, 2246822519) >>> 16;
      if (!middle && hash % 100 >= 33) continue;
      data[2 * (n + truth.length * coil)] = image.re[n]!;
      data[2 * (n + truth.length * coil) + 1] = image.im[n]!;
    }
  }
  return { truth, samples: { width, height, coils: COILS, data } };
}

/** Root mean square difference of magnitudes at the best common scale, as a share of the truth's. */
function error({ re, im }: { re: Float64Array; im: Float64Array }, truth: Float32Array): number {
  const magnitude = Float64Array.from(re, (value, n) => Math.hypot(value, im[n]!));
  let [cross, own, energy] = [0, 0, 0];
  for (let n = 0; n < truth.length; n++) {
    cross += magnitude[n]! * truth[n]!;
    own += magnitude[n]! ** 2;
    energy += truth[n]! ** 2;
  }
  const scale = cross / own;
  let squares = 0;
  for (let n = 0; n < truth.length; n++) squares += (scale * magnitude[n]! - truth[n]!) ** 2;
  return Math.sqrt(squares / energy);
}

describe('undersampled k-space of several coils', () => {
  const { truth, samples } = measured();
  const made = (method: 'zero-filled' | 'cg-sense' | 'l1-wavelet') =>
    reconstructKspace(samples, { method, iterations: 25 }).image;
  const [zeroFilled, leastSquares, byWavelets] = [made('zero-filled'), made('cg-sense'), made('l1-wavelet')];

  it('comes nearer to the truth by its coils, and nearest by wavelets', () => {
    const [zeros, sense, wavelet] = [zeroFilled, leastSquares, byWavelets].map((image) =>
      error(image, truth),
    ) as [number, number, number];
    expect(sense).toBeLessThan(0.8 * zeros);
    expect(wavelet).toBeLessThan(0.8 * sense);
  });

  it('knows what share was sampled, and its residual falls', () => {
    const { residuals, sampled } = reconstructKspace(samples, { method: 'l1-wavelet', iterations: 8 });
    expect(sampled).toBeGreaterThan(0.33);
    expect(sampled).toBeLessThan(0.42);
    expect(residuals.at(-1)).toBeLessThan(0.3 * residuals[0]!);
  });

  it('tells what of an image its samples do not determine', () => {
    // Least squares put nothing into the gaps; wavelets fill them.
    const [sense, wavelets] = [leastSquares, byWavelets].map(
      (image) => kspaceNullSpace(samples, image).share,
    ) as [number, number];
    expect(sense).toBeLessThan(0.01);
    expect(wavelets).toBeGreaterThan(0.03);
    expect(wavelets).toBeLessThan(0.1);
  });

  it('finds coil sensitivities of unit length', () => {
    const { maps, block } = coilSensitivities(samples);
    expect(block).toEqual({ halfWidth: 8, halfHeight: 8 });
    const middle = 30 + 60 * 32;
    const length = maps.reduce((sum, { re, im }) => sum + re[middle]! ** 2 + im[middle]! ** 2, 0);
    expect(length).toBeCloseTo(1, 9);
  });

  it('refuses k-space without its middle', () => {
    const data = Float32Array.from(samples.data);
    data.fill(0, 2 * (60 * 20), 2 * (60 * 44));
    const refused = () =>
      reconstructKspace({ ...samples, coils: 1, data: data.slice(0, 7680) }, { method: 'cg-sense' });
    expect(refused).toThrow(/middle of k-space/);
  });
});
