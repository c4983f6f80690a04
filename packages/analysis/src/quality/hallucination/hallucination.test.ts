import { gaussian, type Volume } from '@photopeak/imaging';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawn, standardNormals } from '../../test-support/noise.ts';
import {
  defaultQualityLimits,
  findStructures,
  insertionRecovery,
  jitterOf,
  judgedBody,
  judgeQuality,
  limitsForPlaces,
  residualOf,
  type Structures,
  structureFigures,
  verdictOf,
} from './index.ts';

const SIZE = [112, 96, 12] as const;
const MM = [1, 1, 2] as const;
const SIGMA = 20;
const OPTIONS = { above: -900, noise: 'constant', planes: 'slices' } as const;
type Image = Volume<Float32Array>;

/** Soft tissue with a bone and a lung, in air. */
const truth = drawn(SIZE, MM, (x, y) => {
  if (Math.hypot(x, y * 1.2) > 46) return -1000;
  if (Math.hypot(x + 20, y) < 7) return 800;
  return Math.hypot(x - 24, y + 8) < 12 ? -800 : 40;
});
const ball = (x0: number, y0: number, radius: number) =>
  drawn(SIZE, MM, (x, y, z) => {
    const r = Math.hypot(x - x0, y - y0, z);
    return Math.min(1, Math.max(0, radius + 0.5 - r));
  });
const plus = (a: Image, b: Image, factor: number): Image => ({
  ...a,
  data: a.data.map((value, at) => value + factor * b.data[at]!),
});

let noise: Image;
let original: Image;
let good: Image;
let clear: Structures;
beforeAll(async () => {
  const white = { ...truth, data: standardNormals(truth.data.length, 11) };
  const smooth = await gaussian(white, { sigmaMm: [0.6, 0.6, 0] });
  const sd = Math.sqrt(smooth.data.reduce((sum, v) => sum + v * v, 0) / smooth.data.length);
  noise = { ...truth, data: smooth.data.map((value) => (SIGMA * value) / sd) };
  original = plus(truth, noise, 1);
  good = plus(await gaussian(truth, { sigmaMm: [0.3, 0.3, 0] }), noise, 0.3);
  clear = await findStructures(original, good, OPTIONS);
});

const limits = defaultQualityLimits('CT');
const verdict = (found: Structures) => verdictOf(judgeQuality(structureFigures(found), limits));

describe('what an enhancement added or lost', () => {
  it('is nothing where noise alone was taken out, beside bone, lung and skin', () => {
    expect(
      judgeQuality(structureFigures(clear), limits).filter((check) => check.verdict !== 'passed'),
    ).toEqual([]);
    expect(clear.texture!.ratio).toBeLessThan(1);
  });

  it('is a nodule that the original does not show, with its place and about its contrast', async () => {
    const found = await findStructures(original, plus(good, ball(0, 22, 4), 60), OPTIONS);
    const [first] = found.spots;
    expect(first).toMatchObject({ kind: 'new', form: 'blob' });
    expect(Math.hypot(first!.voxel[0] - 55.5, first!.voxel[1] - 69.5)).toBeLessThan(2.5);
    expect(first!.contrast).toBeGreaterThan(40);
    expect(first!.contrast).toBeLessThan(100);
    expect(verdict(found)).toBe('held');
  });

  it('is a nodule as well where nothing else was changed', async () => {
    const found = await findStructures(original, plus(original, ball(0, 22, 4), 60), OPTIONS);
    expect(verdict(found)).toBe('held');
    expect(verdict(await findStructures(original, original, OPTIONS))).toBe('passed');
    const share = { ...OPTIONS, leastNoiseShare: 0.25 };
    expect(verdict(await findStructures(original, plus(original, ball(0, 22, 4), 60), share))).toBe('held');
    expect(verdict(await findStructures(original, plus(original, ball(0, 22, 4), 0.5), share))).toBe(
      'passed',
    );
  });

  it('is a lesion that is gone, and not called so where it is kept', async () => {
    const lesion = ball(0, 22, 4);
    const seen = plus(original, lesion, 60);
    const lost = await findStructures(seen, good, OPTIONS);
    expect(lost.spots[0]).toMatchObject({ kind: 'lost', form: 'blob' });
    expect(verdict(lost)).toBe('held');
    expect(verdict(await findStructures(seen, plus(good, lesion, 60), OPTIONS))).toBe('passed');
  });

  it('is told beside bone and lung, where the method is seen not to blur, as well as in even tissue', async () => {
    for (const [x, y] of [
      [-8, 4],
      [10, -2],
    ] as const) {
      const lost = await findStructures(plus(original, ball(x, y, 4), 50), good, OPTIONS);
      const [first] = lost.spots;
      expect(Math.hypot(first!.voxel[0] - 55.5 - x, first!.voxel[1] - 47.5 - y)).toBeLessThan(3);
      expect(verdict(lost)).not.toBe('passed');
    }
  });

  it('is each told where many are: a wide one does not take the places of a small one', async () => {
    const many = plus(plus(good, ball(0, 26, 8), 60), ball(0, -24, 2.5), 80);
    const found = await findStructures(original, many, OPTIONS);
    for (const y of [26, -24])
      expect(
        found.spots.some(
          ({ voxel, score }) => score > 7 && Math.hypot(voxel[0] - 55.5, voxel[1] - 47.5 - y) < 4,
        ),
      ).toBe(true);
  });

  it('is a streak', async () => {
    const streak = drawn(SIZE, MM, (x, y, z) =>
      Math.abs(y - 20 - 0.3 * x) < 1.2 && Math.abs(x) < 30 && Math.abs(z - 1) < 1.5 ? 1 : 0,
    );
    const found = await findStructures(original, plus(good, streak, 30), OPTIONS);
    expect(found.spots.some(({ form, kind }) => form === 'line' && kind === 'new')).toBe(true);
    expect(verdict(found)).not.toBe('passed');
  });

  it('is nothing where a blanket beside the patient is changed', async () => {
    // A fold of cloth of 3 mm in the air, which the method takes away.
    const fold = drawn(SIZE, MM, (x, y) => (Math.abs(y - 45.5) < 1.5 && Math.abs(x) < 30 ? 1 : 0));
    const [before, after] = [plus(original, fold, 500), plus(good, fold, 250)];
    const anywhere = await findStructures(before, after, OPTIONS);
    expect(verdict(anywhere)).not.toBe('passed');
    const within = (await judgedBody(before))!;
    expect(verdict(await findStructures(before, after, { ...OPTIONS, within }))).toBe('passed');
    const nodule = await findStructures(before, plus(after, ball(0, 22, 4), 60), { ...OPTIONS, within });
    expect(verdict(nodule)).not.toBe('passed');
  });

  it('does not depend on how much is worked on at once by more than its estimate of noise', async () => {
    const altered = plus(good, ball(0, 22, 4), 60);
    const whole = await findStructures(original, altered, OPTIONS);
    const parts = await findStructures(original, altered, { ...OPTIONS, slabPlanes: 8 });
    expect(parts.spots[0]!.voxel).toEqual(whole.spots[0]!.voxel);
    expect(parts.spots[0]!.score / whole.spots[0]!.score).toBeGreaterThan(0.8);
    expect(parts.spots[0]!.score / whole.spots[0]!.score).toBeLessThan(1.25);
  });

  it('is refused on two grids', async () => {
    await expect(findStructures(original, { ...good, spacingMm: [1, 1, 3] }, OPTIONS)).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGING_GRID_MISMATCH' }),
    );
  });
});

describe('what was taken out as a whole', () => {
  it('looks like noise of a good result, and like anatomy of a blurred one', async () => {
    const options = { above: -900, range: [-200, 200] } as const;
    const clean = await residualOf(original, good, options);
    expect(Math.abs(clean.bias)).toBeLessThan(1);
    expect(clean.edgeRatio).toBeLessThan(2);
    expect(clean.powerRatio).toBeGreaterThan(0.4);
    expect(clean.powerRatio).toBeLessThan(0.6);
    expect(Math.abs(clean.frequencyRatio! - 1)).toBeLessThan(0.05);
    const blurred = await residualOf(original, await gaussian(original, { sigmaMm: 2 }), options);
    expect(blurred.edgeRatio).toBeGreaterThan(4);
    expect(blurred.beyondNoise).toBeGreaterThan(10 * Math.max(clean.beyondNoise, 1e-4));
  });
});

describe('trials of a method', () => {
  const lesions = { diameterMm: 6, contrast: 40, seed: 3, range: [-100, 200] } as const;
  it('tell how much of a lesion it leaves, which a filter that is linear tells exactly', async () => {
    const kept = await insertionRecovery(original, original, async (volume) => volume, lesions);
    expect(kept.least).toBeCloseTo(1, 3);
    const blur = (volume: Volume) => gaussian(volume, { sigmaMm: 3 });
    const lost = await insertionRecovery(original, await blur(original), blur, lesions);
    expect(lost.least).toBeLessThan(0.5);
    expect(lost.elsewhere).toBeLessThan(0.01);
  });

  it('tell how far a little noise moves the result', async () => {
    const half = async (volume: Volume): Promise<Volume> => ({
      ...volume,
      data: volume.data.map((v) => v / 2),
    });
    const { gain, worstGain } = await jitterOf(original, await half(original), half, { sigma: 4, seed: 5 });
    expect(gain).toBeCloseTo(0.5, 2);
    expect(worstGain).toBeLessThan(0.7);
  });

  it('are refused where there is no flat place', async () => {
    const trial = insertionRecovery(original, original, async (volume) => volume, {
      ...lesions,
      range: [5000, 6000],
    });
    await expect(trial).rejects.toThrow(expect.objectContaining({ code: 'QUALITY_NO_PLACE' }));
  });
});

describe('the verdict', () => {
  it('is that of the worst check, each against the limits that are given', () => {
    const own = { ...limits, sharpness: { flag: 0.9, hold: 0.5 }, bias: { flag: 1, hold: null } };
    const checks = judgeQuality({ sharpness: 0.8, bias: -40, texture: 0.5, jitter: Number.NaN }, own);
    expect(checks.map(({ name, verdict: found }) => [name, found])).toEqual([
      ['texture', 'passed'],
      ['sharpness', 'flagged'],
      ['bias', 'flagged'],
    ]);
    expect(checks[1]!.text).toBe('edges are 0.800 times as steep as in the original (allowed: at least 0.9)');
    expect(verdictOf(checks)).toBe('flagged');
    expect(verdictOf(judgeQuality({ sharpness: 0.4 }, own))).toBe('held');
    expect(verdictOf([])).toBe('passed');
  });

  it('allows more of a long series, in which more places are searched', () => {
    expect(limitsForPlaces(limits, 1e6)).toEqual(limits);
    const grown = limitsForPlaces({ ...limits, 'lost-line': { flag: 7, hold: null } }, 1e8);
    expect(grown['new-structure']).toEqual({ flag: 7.8, hold: 10.8 });
    expect(grown['lost-line']).toEqual({ flag: 7.8, hold: null });
    expect(grown.texture).toEqual(limits.texture);
  });
});
