import { describe, expect, it } from 'vitest';
import { normals } from '../../numbers/index.ts';
import { combat } from './index.ts';

const MEASURES = 12;
const PER_SCANNER = [20, 15, 5] as const;
const SCANNERS = ['A', 'B', 'C'] as const;

/** Measures of the same patients' kind on three scanners, of which B adds and C multiplies; age adds to each measure. */
function examinations(seed: number) {
  const random = normals(seed);
  const batch = SCANNERS.flatMap((name, n) => new Array<string>(PER_SCANNER[n]!).fill(name));
  const age = batch.map((_, row) => 40 + ((row * 7) % 35));
  const truth = batch.map((_, row) =>
    Array.from(
      { length: MEASURES },
      (__, m) => 10 * (m + 1) + (m + 1) * random() + 0.05 * (m + 1) * age[row]!,
    ),
  );
  const values = truth.map((measures, row) =>
    measures.map((value, m) => {
      const centre = 10 * (m + 1) + 0.05 * (m + 1) * age[row]!;
      if (batch[row] === 'B') return value + 2 * (m + 1);
      return batch[row] === 'C' ? centre + 2 * (value - centre) - (m + 1) : value;
    }),
  );
  return { values, truth, batch, covariates: age.map((years) => [years]) };
}

const error = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]) =>
  Math.sqrt(
    a.reduce(
      (sum, row, n) => sum + row.reduce((s, value, m) => s + ((value - b[n]![m]!) / (m + 1)) ** 2, 0),
      0,
    ) /
      (a.length * MEASURES),
  );

describe('ComBat', () => {
  it('takes out what scanners add and multiply, and leaves what age adds', () => {
    const { truth, ...input } = examinations(7301);
    const { values, batches } = combat(input);
    // One scanner is as good as another up to a constant: measured about the mean of all.
    const centred = (rows: readonly (readonly number[])[]) => {
      const means = rows[0]!.map((_, m) => rows.reduce((sum, row) => sum + row[m]!, 0) / rows.length);
      return rows.map((row) => row.map((value, m) => value - means[m]!));
    };
    const before = error(centred(input.values), centred(truth));
    const after = error(centred(values), centred(truth));
    expect(before).toBeGreaterThan(1.1);
    expect(after).toBeLessThan(0.5 * before);
    expect(batches.map(({ name, rows }) => [name, rows])).toEqual([
      ['A', 20],
      ['B', 15],
      ['C', 5],
    ]);
    const [a, b, c] = batches;
    for (let m = 0; m < MEASURES; m++) expect(b!.shift[m]! - a!.shift[m]!).toBeGreaterThan(m + 1);
    expect(c!.scale.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(
      1.4 * a!.scale.reduce((sum, one) => sum + one, 0),
    );
    // The slope of age stays: 0.05 a year in units of each measure.
    const ages = input.covariates.map(([years]) => years!);
    const mean = ages.reduce((sum, one) => sum + one, 0) / ages.length;
    const slope = (m: number) =>
      ages.reduce((sum, one, n) => sum + (one - mean) * values[n]![m]!, 0) /
      ages.reduce((sum, one) => sum + (one - mean) ** 2, 0);
    const slopes = Array.from({ length: MEASURES }, (_, m) => slope(m) / (m + 1));
    expect(slopes.reduce((sum, one) => sum + one, 0) / MEASURES).toBeCloseTo(0.05, 2);
  });

  it('refuses one scanner, few rows, and covariates that only the scanner tells', () => {
    const { values, batch } = examinations(7302);
    const refusal = expect.objectContaining({ code: 'HARMONISE_INPUT' });
    expect(() => combat({ values, batch: batch.map(() => 'A') })).toThrow(refusal);
    expect(() => combat({ values: values.slice(0, 36), batch: batch.slice(0, 36) })).toThrow(refusal);
    const told = batch.map((name) => [Number(name === 'B')]);
    expect(() => combat({ values, batch, covariates: told })).toThrow(refusal);
  });
});
