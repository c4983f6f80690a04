import { type Kappa, weightedKappa } from './agreement.ts';
import { type Interval, meanOf, shareInterval } from './intervals.ts';
import { seededIndices, shuffled } from './random.ts';
import { type SignedRank, signedRankTest, signTest } from './ranks.ts';

/** One case as a reader gets it: which arm stands on the left. */
export interface ReaderItem {
  readonly case: number;
  readonly left: 'a' | 'b';
}

/**
 * The cases (1 … `cases`) in an order of the reader's own, arm a on the left in half of them (of an odd number one more or
 * less): both follow from the seed and the reader, so that a page that is loaded again shows the same.
 */
export function readerOrder(cases: number, seed: number, reader: string): ReaderItem[] {
  let mixed = seed >>> 0;
  for (const character of reader)
    mixed = (Math.imul(mixed ^ character.codePointAt(0)!, 0x01000193) + 1) >>> 0;
  const pick = seededIndices(mixed);
  const order = shuffled(
    Array.from({ length: cases }, (_, n) => n + 1),
    pick,
  );
  const more = cases % 2 === 1 ? pick(2) : 0;
  const lefts = shuffled(
    order.map((_, n) => (n < Math.floor(cases / 2) + more ? ('a' as const) : ('b' as const))),
    pick,
  );
  return order.map((number, n) => ({ case: number, left: lefts[n]! }));
}

/** A reading after the sides were resolved: grades 1 (unusable) to 5 (excellent). */
export interface Reading {
  readonly reader: string;
  readonly case: number;
  readonly a: number;
  readonly b: number;
  readonly preference: 'a' | 'b' | 'none';
}

const GRADES = 5;

export interface Preference {
  readonly a: number;
  readonly b: number;
  readonly none: number;
  /** Share of b among those that prefer one, with its exact 95 % interval; null where none does. */
  readonly shareOfB: number | null;
  readonly interval: Interval | null;
  /** Sign test, two-sided. */
  readonly p: number;
}

export interface ReaderAnalysis {
  /** Over cases: what most readers of a case prefer; `none` where they are even. */
  readonly preference: Preference;
  readonly grades: {
    readonly a: number;
    readonly b: number;
    /** Wilcoxon's signed ranks of b less a, the mean over the readers of each case. */
    readonly test: SignedRank | null;
  };
  readonly readers: readonly {
    readonly reader: string;
    readonly cases: number;
    readonly a: number;
    readonly b: number;
    readonly preference: Preference;
  }[];
  /** Of each pair of readers and each arm, over the cases that both graded; null where grades do not vary. */
  readonly agreement: readonly {
    readonly readers: readonly [string, string];
    readonly arm: 'a' | 'b';
    readonly cases: number;
    readonly kappa: Kappa | null;
  }[];
}

/** What readings say: of cases, not of readings, since several readings of one case are not independent. */
export function analyseReadings(readings: readonly Reading[], seed: number): ReaderAnalysis {
  const cases = [...new Set(readings.map((one) => one.case))].sort((x, y) => x - y);
  const byCase = cases.map((number) => readings.filter((one) => one.case === number));
  const names = [...new Set(readings.map(({ reader }) => reader))].sort();
  return {
    preference: preferenceOf(byCase.map(majority)),
    grades: {
      a: meanOf(byCase.map((some) => meanOf(some.map(({ a }) => a)))),
      b: meanOf(byCase.map((some) => meanOf(some.map(({ b }) => b)))),
      test: signedRankTest(byCase.map((some) => meanOf(some.map(({ a, b }) => b - a)))) ?? null,
    },
    readers: names.map((reader) => {
      const own = readings.filter((one) => one.reader === reader);
      return {
        reader,
        cases: own.length,
        a: meanOf(own.map(({ a }) => a)),
        b: meanOf(own.map(({ b }) => b)),
        preference: preferenceOf(own.map(({ preference }) => preference)),
      };
    }),
    agreement: names.flatMap((first, n) =>
      names.slice(n + 1).flatMap((second) =>
        (['a', 'b'] as const).map((arm) => {
          const pairs = byCase.flatMap((some): [number, number][] => {
            const [one, other] = [first, second].map((name) => some.find(({ reader }) => reader === name));
            return one === undefined || other === undefined ? [] : [[one[arm], other[arm]]];
          });
          const kappa = pairs.length === 0 ? null : (weightedKappa(pairs, GRADES, seed) ?? null);
          return { readers: [first, second] as const, arm, cases: pairs.length, kappa };
        }),
      ),
    ),
  };
}

function majority(readings: readonly Reading[]): Reading['preference'] {
  const balance = readings.reduce(
    (sum, { preference }) => sum + (preference === 'a' ? -1 : preference === 'b' ? 1 : 0),
    0,
  );
  return balance === 0 ? 'none' : balance < 0 ? 'a' : 'b';
}

function preferenceOf(preferences: readonly Reading['preference'][]): Preference {
  const count = (which: Reading['preference']) => preferences.filter((one) => one === which).length;
  const [a, b] = [count('a'), count('b')];
  const decided = a + b;
  return {
    a,
    b,
    none: count('none'),
    shareOfB: decided === 0 ? null : b / decided,
    interval: decided === 0 ? null : shareInterval(b, decided),
    p: signTest(a, b),
  };
}
