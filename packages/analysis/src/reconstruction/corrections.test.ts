import type { Projections } from '@photopeak/imaging';
import { type Body, projectBodies } from '@photopeak/phantom';
import { describe, expect, it } from 'vitest';
import { correctScatter, correctWater, waterPolynomial } from './corrections.ts';
import { filteredBackprojection } from './filtered-backprojection.ts';
import { centeredGrid, coneBeam, evenAngles } from './geometries.ts';

const spectrum = [
  { share: 0.3, waterPerMm: 0.0268 },
  { share: 0.5, waterPerMm: 0.0206 },
  { share: 0.2, waterPerMm: 0.0171 },
];
const geometry = coneBeam({
  sourceToAxisMm: 600,
  sourceToDetectorMm: 1000,
  detectorSize: [80, 24],
  pixelMm: [4, 4],
  anglesRad: evenAngles(90),
});
const cylinder: Body[] = [{ center: [0, 0, 0], halfAxesMm: [70, 70, 1e6], value: 1 }];
/** Path through the cylinder, mm. */
const paths = projectBodies(cylinder, geometry).data;
const grid = centeredGrid([56, 56, 1], [3, 3, 3]);

/** Attenuation near the middle less that near the rim, as a share of the mean: 0 without cupping. */
async function cupping(projections: Projections): Promise<{ cup: number; mean: number }> {
  const { data } = await filteredBackprojection(projections, grid, { window: 'hann' });
  const ring = (from: number, to: number) => {
    let sum = 0;
    let count = 0;
    for (let n = 0; n < data.length; n++) {
      const far = 3 * Math.hypot((n % 56) - 27.5, Math.floor(n / 56) - 27.5);
      if (far < from || far >= to) continue;
      sum += data[n]!;
      count++;
    }
    return sum / count;
  };
  const [middle, rim] = [ring(0, 20), ring(48, 60)];
  return { cup: (middle - rim) / rim, mean: ring(0, 60) };
}

describe('corrections of line integrals', () => {
  const total = spectrum.reduce((sum, { share }) => sum + share, 0);
  const hardened = paths.map(
    (mm) =>
      -Math.log(
        spectrum.reduce((sum, { share, waterPerMm }) => sum + share * Math.exp(-waterPerMm * mm), 0) / total,
      ),
  );

  it('water is flat again after beam hardening, with the attenuation that is asked for', async () => {
    const coefficients = waterPolynomial(spectrum, 160, { perMm: 0.02 });
    const before = await cupping({ geometry, data: hardened });
    const after = await cupping(correctWater({ geometry, data: hardened }, coefficients));
    expect(before.cup).toBeLessThan(-0.015);
    expect(Math.abs(after.cup)).toBeLessThan(0.004);
    expect(Math.abs(after.mean / 0.02 - 1)).toBeLessThan(0.004);
  });

  it('takes out scatter that is the same in a whole view', async () => {
    const [ratio, perMm] = [0.15, 0.02];
    const { cup, recovered } = await scattered('uniform', ratio, perMm);
    expect(cup).toBeLessThan(-0.04);
    expect(Math.abs(recovered.cup)).toBeLessThan(0.005);
    expect(Math.abs(recovered.mean / perMm - 1)).toBeLessThan(0.01);
  });

  it('takes out scatter that spreads from where it arises', async () => {
    const { cup, recovered } = await scattered('kernel', 0.1, 0.02);
    expect(cup).toBeLessThan(-0.04);
    expect(Math.abs(recovered.cup)).toBeLessThan(0.01);
  });

  /** Adds scatter by definition (an exact Gaussian, no passes) and takes it out again. */
  async function scattered(kind: 'uniform' | 'kernel', ratio: number, perMm: number) {
    const [columns, rows] = geometry.detectorSize;
    const pixels = columns * rows;
    const data = new Float32Array(paths.length);
    for (let from = 0; from < data.length; from += pixels) {
      const p = paths.slice(from, from + pixels).map((mm) => mm * perMm);
      const primary = p.map((value) => Math.exp(-value));
      const behind = primary.filter((value) => value < 0.95);
      const mean = behind.reduce((sum, value) => sum + value, 0) / behind.length;
      const source = primary.map((value, n) => value * p[n]!);
      const spread = kind === 'uniform' ? source.map(() => mean) : gauss(source, columns, 60 / 4);
      for (let n = 0; n < pixels; n++) data[from + n] = -Math.log(primary[n]! + ratio * spread[n]!);
    }
    const { cup } = await cupping({ geometry, data });
    return {
      cup,
      recovered: await cupping(correctScatter({ geometry, data }, { kind, ratio, sigmaMm: 60 })),
    };
  }

  /** Along rows; the object is the same along columns. */
  function gauss(image: Float32Array, columns: number, sigma: number): Float32Array {
    return image.map((_, n) => {
      const row = Math.floor(n / columns) * columns;
      let sum = 0;
      let weights = 0;
      for (let k = -60; k <= 60; k++) {
        const weight = Math.exp(-0.5 * (k / sigma) ** 2);
        sum += weight * image[row + Math.min(columns - 1, Math.max(0, n - row + k))]!;
        weights += weight;
      }
      return sum / weights;
    });
  }

  it('refuses a negative share of scatter', () => {
    expect(() => correctScatter({ geometry, data: hardened }, { kind: 'uniform', ratio: -1 })).toThrow(
      /scatter correction/,
    );
  });
});
