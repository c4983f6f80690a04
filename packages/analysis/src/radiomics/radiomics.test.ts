import type { Volume } from '@photopeak/imaging';
import { describe, expect, it } from 'vitest';
import { firstOrder } from './first-order.ts';
import { shape } from './shape.ts';

/** The digital phantom of the Image Biomarker Standardisation Initiative: 5 × 4 × 4 voxels of 2 mm, 0 outside the region. */
const SLICES = [
  '1 4 4 1 1  1 4 6 1 1  4 1 6 4 1  4 4 6 4 1',
  '1 4 4 1 1  1 1 6 1 1  0 1 3 1 1  4 4 6 1 1',
  '1 4 4 0 0  1 1 1 1 1  1 1 0 1 1  1 1 6 1 1',
  '1 4 4 0 0  1 1 1 1 1  1 1 1 1 1  1 1 6 1 1',
];
const data = Float32Array.from(SLICES.flatMap((slice) => slice.split(/\s+/).map(Number)));
const grid = {
  size: [5, 4, 4],
  spacingMm: [2, 2, 2],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const;
const phantom: Volume<Float32Array> = { ...grid, data, unit: '1' };
const mask: Volume<Uint8Array> = {
  ...grid,
  data: Uint8Array.from(data, (value) => Number(value > 0)),
  unit: '1',
};

/** Consensus values with their tolerances (IBSI reference manual, tables of the digital phantom). */
const SHAPE = {
  volumeMm3: [556, 4],
  voxelVolumeMm3: [592, 4],
  surfaceAreaMm2: [388, 3],
  surfaceToVolume: [0.698, 0.004],
  compactness1: [0.0411, 0.0003],
  compactness2: [0.599, 0.004],
  sphericalDisproportion: [1.19, 0.01],
  sphericity: [0.843, 0.005],
  asphericity: [0.186, 0.001],
  centreOfMassShiftMm: [0.672, 0.004],
  maximumDiameterMm: [13.1, 0.1],
  majorAxisMm: [11.4, 0.1],
  minorAxisMm: [9.31, 0.06],
  leastAxisMm: [8.54, 0.05],
  elongation: [0.816, 0.005],
  flatness: [0.749, 0.005],
  volumeDensityBox: [0.869, 0.005],
  areaDensityBox: [0.866, 0.005],
  volumeDensityEllipsoid: [1.17, 0.01],
  integratedIntensity: [1.2e3, 10],
} as const;

const FIRST_ORDER = {
  mean: 2.15,
  variance: 3.05,
  skewness: 1.08,
  kurtosis: -0.355,
  median: 1,
  minimum: 1,
  percentile10: 1,
  percentile90: 4,
  maximum: 6,
  interquartileRange: 3,
  range: 5,
  meanAbsoluteDeviation: 1.55,
  robustMeanAbsoluteDeviation: 1.11,
  medianAbsoluteDeviation: 1.15,
  coefficientOfVariation: 0.812,
  quartileCoefficientOfDispersion: 0.6,
  energy: 567,
  rootMeanSquare: 2.77,
} as const;

describe('radiomics on the digital phantom of the IBSI', () => {
  const values = [...data].filter((value) => value > 0);

  it('has 74 voxels in its region', () => expect(values).toHaveLength(74));

  const statistics = firstOrder(values);
  it.each(Object.entries(FIRST_ORDER))('%s is %d', (name, consensus) => {
    const found = statistics[name as keyof typeof statistics];
    // The consensus values are given with three digits.
    expect(Number(found.toPrecision(3))).toBe(consensus);
  });

  const morphology = shape(phantom, mask);
  it.each(Object.entries(SHAPE))('%s is %j', (name, [consensus, tolerance]) => {
    expect(Math.abs(morphology[name as keyof typeof morphology] - consensus)).toBeLessThanOrEqual(tolerance);
  });

  it('of a ball come near to those of a sphere', () => {
    const n = 41;
    const ball = new Uint8Array(n ** 3);
    for (let k = 0, at = 0; k < n; k++)
      for (let j = 0; j < n; j++)
        for (let i = 0; i < n; i++, at++) ball[at] = Number(Math.hypot(i - 20, j - 20, k - 20) <= 18);
    const of = { ...grid, size: [n, n, n] as const, spacingMm: [1, 1, 1] as const };
    const found = shape(
      { ...of, data: new Float32Array(n ** 3).fill(1), unit: '1' },
      { ...of, data: ball, unit: '1' },
    );
    expect(found.volumeMm3 / ((4 / 3) * Math.PI * 18 ** 3)).toBeCloseTo(1, 1);
    expect(found.maximumDiameterMm).toBeCloseTo(37, 0);
    expect(found.elongation).toBeCloseTo(1, 5);
    expect(found.centreOfMassShiftMm).toBeCloseTo(0, 5);
  });
});
