import { describe, expect, it } from 'vitest';
import type { Features } from '../features.ts';
import { CALIBRATION_LIMITS, type Click, calibrateUptake } from './calibrate.ts';
import { INPUTS } from './inputs.ts';
import { judge, SET_ASIDE_FROM } from './judge.ts';
import table from './table.json' with { type: 'json' };
import { type Sample, trainTrees } from './train.ts';
import { evaluate, probabilityOf } from './trees.ts';

/** Round uptake of 4 ml in the soft tissue of the abdomen, away from everything. */
const focus: Features = {
  volumeMl: 4,
  max: 12,
  mean: 7,
  peak: [0, 0, 0],
  centroid: [0, 0, 0],
  axes: [5, 4.8, 4.6],
  longAxis: [1, 0, 0],
  heightMm: 20,
  share: {
    brain: 0,
    heart: 0,
    liver: 0,
    bone: 0,
    lungRight: 0,
    lungLeft: 0,
    airways: 0,
    outside: 0,
  },
  organs: {
    liver: { share: 0, mm: 70 },
    spleen: { share: 0, mm: 80 },
    kidneyRight: { share: 0, mm: 60 },
    kidneyLeft: { share: 0, mm: 60 },
    stomach: { share: 0, mm: 70 },
    bladder: { share: 0, mm: 90 },
  },
  hu: 40,
  softDepth: 12,
  amidLung: { right: 0, left: 0 },
  amidLiver: 0,
  amidBone: 0.9,
  toBone: 0,
  toLung: 60,
  toGas: 40,
  leftOfSpine: 0,
  beforeSpine: -10,
  leftOfMiddle: 0,
  aboveApex: -300,
  aboveDome: -110,
  aboveCrotch: 300,
  aboveBottom: 400,
  belowTop: 500,
  mirror: 1,
};
const surroundings = { tracer: 'psma', threshold: 3, liver: { mean: 4.5, sd: 0.4 } } as const;

describe('the probability that uptake is physiological', () => {
  it('is high in a kidney and low in a vertebra, and says why', () => {
    const kidney: Features = {
      ...focus,
      volumeMl: 150,
      max: 45,
      mean: 25,
      axes: [25, 13, 12],
      longAxis: [0.1, 0.1, 0.98],
      heightMm: 100,
      organs: { ...focus.organs, kidneyLeft: { share: 0.91, mm: 0 } },
      amidBone: 0.1,
      toBone: 25,
      leftOfSpine: 60,
      leftOfMiddle: 60,
      mirror: 0.95,
    };
    const inKidney = judge(kidney, surroundings);
    expect(inKidney.physiology?.organ).toBe('kidney');
    expect(inKidney.probability?.physiological).toBeGreaterThan(0.95);
    expect(inKidney.probability?.explanation).toMatch(/^\d+ % physiological: .*kidney/);
    const bone = { ...focus, share: { ...focus.share, bone: 0.8 } };
    const inBone = judge(bone, surroundings);
    expect(inBone.physiology).toBeUndefined();
    expect(inBone.probability?.physiological).toBeLessThan(0.5);
  });

  it('is not told for a tracer that the model never saw', () => {
    expect(judge(focus, { ...surroundings, tracer: 'unknown' }).probability).toBeUndefined();
  });

  it('moves with the calibration of the site, by its tracer only', () => {
    const plain = judge(focus, surroundings).probability!;
    const moved = judge(focus, surroundings, { psma: { intercept: 1.5, slope: 1 } }).probability!;
    expect(moved.physiological).toBeCloseTo(probabilityOf(plain.logOdds + 1.5), 3);
    expect(moved.logOdds).toBe(plain.logOdds);
    const other = judge(focus, surroundings, { fapi: { intercept: 1.5, slope: 1 } }).probability!;
    expect(other).toEqual(plain);
  });

  it('comes from a table that fits its inputs', () => {
    expect(table.trees.length).toBeGreaterThan(10);
    for (const { inputs } of table.trees)
      for (const input of inputs) expect(input).toBeLessThan(INPUTS.length);
    expect(SET_ASIDE_FROM).toBeGreaterThanOrEqual(0.5);
  });
});

describe('boosted trees', () => {
  /** Positive where the first input is high or not known, whatever the second. */
  const samples: Sample[] = Array.from({ length: 200 }, (_, n) => {
    const x = n % 10 === 0 ? Number.NaN : (n * 37) % 100;
    return { inputs: [x, (n * 61) % 100], positive: Number.isNaN(x) || x > 60 };
  });

  it('learn what decides, with values that are not known', () => {
    const model = trainTrees(samples);
    for (const { inputs, positive } of samples)
      expect(probabilityOf(evaluate(model, inputs).logOdds) > 0.5).toBe(positive);
  });

  it('tell how much each input moved, and it adds up', () => {
    const model = trainTrees(samples);
    const root = model.base + model.trees.reduce((sum, tree) => sum + tree.values[0]!, 0);
    const { logOdds, byInput } = evaluate(model, [90, 50]);
    expect(byInput.reduce((a, b) => a + b, root)).toBeCloseTo(logOdds, 10);
    expect(Math.abs(byInput[0]!)).toBeGreaterThan(10 * Math.abs(byInput[1]!));
  });

  it('are the same for the same samples', () => {
    expect(trainTrees(samples)).toEqual(trainTrees(samples));
  });
});

describe('a site whose readers click', () => {
  /** Readers who find a share of the uptake physiological that the model shifted by `shift` would tell. */
  const clicksOf = (count: number, shift: number): Click[] =>
    Array.from({ length: count }, (_, n) => {
      const logOdds = ((n % 11) - 5) / 2;
      const quantile = ((n * 0.6180339887) % 1) as number;
      return { tracer: 'psma', logOdds, isPhysiological: quantile < probabilityOf(logOdds + shift) };
    });

  it('is not calibrated by a few', () => {
    const outcome = calibrateUptake(clicksOf(CALIBRATION_LIMITS.fewestClicks - 1, 2));
    expect(outcome).toMatchObject({ status: 'kept' });
  });

  it('is not calibrated where the model is right', () => {
    expect(calibrateUptake(clicksOf(400, 0)).status).toBe('kept');
  });

  it('is calibrated where the model is off, better on clicks held back, in any order the same', () => {
    const clicks = clicksOf(330, 1.2);
    const outcome = calibrateUptake(clicks);
    if (outcome.status !== 'fitted') throw new Error(outcome.reason);
    expect(outcome.calibration.intercept).toBeGreaterThan(0.8);
    expect(outcome.calibration.intercept).toBeLessThanOrEqual(CALIBRATION_LIMITS.intercept);
    expect(outcome.loss).toBeLessThan(outcome.lossBefore);
    expect(calibrateUptake([...clicks].reverse())).toEqual(outcome);
  });

  it('cannot be moved beyond the limits', () => {
    const clicks = clicksOf(600, 9).map((click, n) => ({ ...click, isPhysiological: n % 20 !== 0 }));
    const outcome = calibrateUptake(clicks);
    if (outcome.status !== 'fitted') throw new Error(outcome.reason);
    const { intercept, slope } = outcome.calibration;
    expect(Math.abs(intercept)).toBeLessThanOrEqual(CALIBRATION_LIMITS.intercept);
    expect(slope).toBeGreaterThanOrEqual(CALIBRATION_LIMITS.slope[0]);
  });
});
