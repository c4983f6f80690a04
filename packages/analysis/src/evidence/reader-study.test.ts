import { describe, expect, it } from 'vitest';
import { analyseReadings, type Reading, readerOrder } from './index.ts';

describe('a reader study', () => {
  it('gives each reader an order and sides of their own, always the same', () => {
    const order = readerOrder(21, 5, 'ada');
    expect(readerOrder(21, 5, 'ada')).toEqual(order);
    expect(order.map((one) => one.case).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 21 }, (_, n) => n + 1),
    );
    expect([10, 11]).toContain(order.filter(({ left }) => left === 'a').length);
    for (const other of [readerOrder(21, 5, 'bob'), readerOrder(21, 6, 'ada')])
      expect(other).not.toEqual(order);
    // No case stands on the same side for everybody.
    const lefts = Array.from(
      { length: 200 },
      (_, n) => readerOrder(8, 1, `reader ${n}`).find((one) => one.case === 3)!.left,
    );
    expect(Math.abs(lefts.filter((left) => left === 'a').length - 100)).toBeLessThan(45);
  });

  /** Two readers, eight cases: both like b better, one of them more. */
  const grades: [number, number, number, number][] = [
    [3, 4, 2, 4],
    [3, 3, 3, 4],
    [2, 4, 2, 5],
    [4, 4, 4, 4],
    [3, 5, 3, 4],
    [2, 3, 1, 3],
    [5, 4, 4, 4],
    [3, 4, 3, 5],
  ];
  const prefer = (a: number, b: number) => (a === b ? 'none' : a > b ? 'a' : 'b') as Reading['preference'];
  const readings = grades.flatMap(([a1, b1, a2, b2], n): Reading[] => [
    { reader: 'ada', case: n + 1, a: a1, b: b1, preference: prefer(a1, b1) },
    { reader: 'bob', case: n + 1, a: a2, b: b2, preference: prefer(a2, b2) },
  ]);

  it('is analysed over cases, with the agreement of its readers', () => {
    const { preference, grades: told, readers, agreement } = analyseReadings(readings, 1);
    // Case 7 is preferred as a by one of them, case 4 by nobody.
    expect(preference).toMatchObject({ a: 1, b: 6, none: 1, shareOfB: 6 / 7 });
    expect(preference.p).toBeCloseTo(0.125, 12);
    expect(told.a).toBeCloseTo(47 / 16, 12);
    expect(told.b).toBeCloseTo(64 / 16, 12);
    // Differences 1.5 0.5 2.5 0 1.5 1.5 −0.5 1.5: of 2^7 sign patterns 6 are as far out.
    expect(told.test).toMatchObject({ pairs: 7, negative: 1.5 });
    expect(told.test!.p).toBeCloseTo(6 / 128, 12);
    expect(readers.map(({ reader, cases }) => [reader, cases])).toEqual([
      ['ada', 8],
      ['bob', 8],
    ]);
    expect(agreement.map(({ arm, cases }) => [arm, cases])).toEqual([
      ['a', 8],
      ['b', 8],
    ]);
    expect(agreement[0]!.kappa!.kappa).toBeGreaterThan(0.6);
  });
});
