import { describe, expect, it } from 'vitest';
import { incompleteBeta, normalCdf, studentCdf, studentQuantile } from './distributions.ts';
import {
  bootstrapInterval,
  equivalence,
  meanOf,
  seededIndices,
  shareInterval,
  shuffled,
  signedRankTest,
  signTest,
  weightedKappa,
} from './index.ts';

/** Expected numbers are those of scipy 1.15 (and of counting every sign pattern for the test with ties). */
describe('statistics of evidence', () => {
  it('know the distributions', () => {
    expect(studentCdf(1.7, 5)).toBeCloseTo(0.925061606575838, 13);
    expect(studentQuantile(0.95, 7)).toBeCloseTo(1.8945786050900062, 12);
    expect([-3.7, 0.4, 2.2, 6].map(normalCdf)).toEqual(
      [0.00010779973347738823, 0.6554217416103242, 0.9860965524865014, 0.9999999990134123].map((p) =>
        expect.closeTo(p, 14),
      ),
    );
    expect(incompleteBeta(0.5, 3, 3)).toBeCloseTo(0.5, 14);
  });

  const differences = [0.3, -0.1, 0.25, 0.4, 0.05, 0.12, -0.2, 0.33];

  it('tell equivalence from a difference that may be too large', () => {
    const wide = equivalence(differences, 0.5)!;
    expect(wide).toMatchObject({ cases: 8, isEquivalent: true });
    expect(wide.p).toBeCloseTo(0.0011160783029980908, 12);
    expect(wide.interval.low).toBeCloseTo(-0.00013365870049025785, 10);
    expect(wide.interval.high).toBeCloseTo(0.2876336587004902, 10);
    expect(equivalence(differences, 0.3)).toMatchObject({ isEquivalent: true });
    expect(equivalence(differences, 0.28)).toMatchObject({ isEquivalent: false });
    expect(equivalence([0.25, 0.25, 0.25], 0.5)).toMatchObject({ isEquivalent: true, p: 0 });
    expect(equivalence([0.1], 0.2)).toBeUndefined();
  });

  it('rank differences exactly, with ties, and approximately when there are many', () => {
    expect(signedRankTest(differences)).toMatchObject({ method: 'exact', pairs: 8, p: 0.109375 });
    const ties = signedRankTest([1, 1, -1, 2, 2, 0, -1, 1, 2, 1, 1, -2])!;
    expect(ties).toMatchObject({ pairs: 11, positive: 48.5, negative: 17.5 });
    expect(ties.p).toBeCloseTo(0.2099609375, 12);
    const many = [
      0.6, 1.1, 0.6, -1, 1.2, 0.7, -0.2, 0.9, 0.7, 0.6, 0.3, 0.8, -0.4, 0.1, -0.2, 0.9, 0.3, 0, -0.5, 0, 0.3,
      0, 1.6, 1.3, -2.4, -1.6, 0.1, -0.1, 0.5, 0.5, 2.4, -0.8, -0.1, 2.3, 0.9, 1, -0.2, -1.3, 0.5, 0.4, -0.9,
      -0.4, 0.2, -0.6, 0.2, 0.4, 0.3, -0.2, 0.9, 1.2, 0.6, -0.5, 1, -0.2, 1.2, -0.8, 1.2, 0.3, -0.9, 0,
    ];
    expect(signedRankTest(many)).toMatchObject({
      method: 'normal',
      p: expect.closeTo(0.016028164070130677, 12),
    });
    expect(signedRankTest([0, 0])).toBeUndefined();
  });

  it('give shares and preferences their exact uncertainty', () => {
    const { low, high } = shareInterval(7, 10);
    expect([low, high]).toEqual([
      expect.closeTo(0.3475471499399921, 12),
      expect.closeTo(0.9332604888222655, 12),
    ]);
    expect(shareInterval(0, 5)).toEqual({ low: 0, high: expect.closeTo(0.5218237501049814, 12) });
    expect(signTest(7, 3)).toBeCloseTo(0.34375, 12);
    expect(signTest(3, 17)).toBeCloseTo(0.0025768280029296875, 14);
  });

  it('weigh how far readers are apart', () => {
    const [a, b] = [
      [1, 2, 3, 4, 5, 3, 2, 4],
      [1, 3, 3, 5, 4, 3, 2, 2],
    ] as const;
    const pairs = a.map((one, n) => [one, b[n]!] as const);
    const kappa = weightedKappa(pairs, 5, 1)!;
    expect(kappa.kappa).toBeCloseTo(0.6956521739130435, 12);
    expect(kappa.interval!.low).toBeLessThan(kappa.kappa);
    expect(
      weightedKappa(
        [
          [3, 3],
          [3, 3],
        ],
        5,
        1,
      ),
    ).toBeUndefined();
  });

  it('cover the mean as often as they say, and are the same for the same seed', () => {
    const pick = seededIndices(77);
    const uniform = () => pick(1_000_000) / 1e6;
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const sample = Array.from({ length: 40 }, () => uniform() + uniform());
      const { low, high } = bootstrapInterval(sample, meanOf, { seed: trial, resamples: 400 })!;
      if (low <= 1 && 1 <= high) covered++;
    }
    // 95 % of 200, and three standard deviations.
    expect(covered).toBeGreaterThanOrEqual(180);
    expect(covered).toBeLessThan(200);
    const once = bootstrapInterval(differences, meanOf, { seed: 5 });
    expect(bootstrapInterval(differences, meanOf, { seed: 5 })).toEqual(once);
    expect(bootstrapInterval([1], meanOf, { seed: 5 })).toBeUndefined();
  });

  it('order things as the seed says, each order as often as others', () => {
    const counts = new Map<string, number>();
    const pick = seededIndices(3);
    for (let n = 0; n < 6000; n++) {
      const order = shuffled(['a', 'b', 'c'], pick).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
    expect(shuffled([1, 2, 3, 4, 5], seededIndices(9))).toEqual(shuffled([1, 2, 3, 4, 5], seededIndices(9)));
  });
});
