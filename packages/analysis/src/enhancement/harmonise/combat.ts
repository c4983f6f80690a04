import { PhotopeakError } from '@photopeak/imaging';
import { solve } from '../../numbers/index.ts';

export interface CombatInput {
  /** A row of measures for each examination. */
  readonly values: readonly (readonly number[])[];
  /** The scanner (or protocol) of each row. */
  readonly batch: readonly string[];
  /** What differs between examinations by itself and must stay (age, diagnosis as 0 or 1), a row for each. */
  readonly covariates?: readonly (readonly number[])[];
}

/** What was taken out of the measures of one scanner. */
export interface CombatBatch {
  readonly name: string;
  readonly rows: number;
  /** By measure, in its unit: what the scanner adds. */
  readonly shift: readonly number[];
  /** By measure: spread of the scanner as a multiple of that of all. */
  readonly scale: readonly number[];
}

export interface Combat {
  readonly values: readonly (readonly number[])[];
  readonly batches: readonly CombatBatch[];
}

/** A variance needs them. */
const FEWEST_ROWS = 3;
const MOST_TURNS = 200;
const STILL = 1e-8;

/**
 * Measures of several scanners brought to one by ComBat (Johnson, Li and Rabinovic 2007, Biostatistics 8:118; Fortin et al.
 * 2017, NeuroImage 161:149): each measure is a mean, what the covariates add, and what the scanner adds and multiplies.
 * Additions and multiples are estimated for all measures of a scanner together (parametric empirical Bayes), so that few
 * examinations of a scanner do not give it extreme ones; with one measure each stands by itself. Throws `HARMONISE_INPUT`.
 */
export function combat({ values, batch, covariates: given }: CombatInput): Combat {
  const rows = values.length;
  const measures = values[0]?.length ?? 0;
  const names = [...new Set(batch)].sort();
  check(values, batch, names, given);
  const covariates = given === undefined ? undefined : standardised(given);
  const members = names.map((name) => batch.flatMap((one, row) => (one === name ? [row] : [])));
  const shifts = names.map(() => new Array<number>(measures).fill(0));
  const scales = names.map(() => new Array<number>(measures).fill(1));
  const means: number[] = [];
  const spreads: number[] = [];
  const kept: number[][] = [];
  // Measure by measure: least squares on scanners and covariates, then what is left in units of its spread.
  const standard = values.map(() => new Array<number>(measures).fill(0));
  for (let measure = 0; measure < measures; measure++) {
    const y = values.map((row) => row[measure]!);
    const design = y.map((_, row) => [
      ...names.map((name) => Number(batch[row] === name)),
      ...(covariates?.[row] ?? []),
    ]);
    const beta = leastSquares(design, y);
    const mean = members.reduce((sum, of, b) => sum + (of.length / rows) * beta[b]!, 0);
    const effect = (row: number) =>
      (covariates?.[row] ?? []).reduce((sum, value, n) => sum + value * beta[names.length + n]!, 0);
    const residual = y.map(
      (value, row) => value - design[row]!.reduce((sum, one, n) => sum + one * beta[n]!, 0),
    );
    const spread = Math.sqrt(residual.reduce((sum, value) => sum + value * value, 0) / rows);
    if (!(spread > 0)) throw invalid('measures that differ between examinations', `measure ${measure + 1}`);
    means.push(mean);
    spreads.push(spread);
    kept.push(y.map((_, row) => effect(row)));
    y.forEach((value, row) => {
      standard[row]![measure] = (value - mean - effect(row)) / spread;
    });
  }
  for (const [b, of] of members.entries()) {
    const found = shrunk(of.map((row) => standard[row]!));
    shifts[b] = found.shift;
    scales[b] = found.variance.map(Math.sqrt);
  }
  const result = values.map((row, n) => {
    const b = names.indexOf(batch[n]!);
    return row.map(
      (_, measure) =>
        (spreads[measure]! * (standard[n]![measure]! - shifts[b]![measure]!)) / scales[b]![measure]! +
        means[measure]! +
        kept[measure]![n]!,
    );
  });
  return {
    values: result,
    batches: names.map((name, b) => ({
      name,
      rows: members[b]!.length,
      shift: shifts[b]!.map((value, measure) => value * spreads[measure]!),
      scale: scales[b]!,
    })),
  };
}

/** About their means, in units of their spread. */
function standardised(covariates: readonly (readonly number[])[]): number[][] {
  const columns = covariates[0]!.map((_, n) => covariates.map((row) => row[n]!));
  const scales = columns.map((column) => ({ mean: average(column), sd: Math.sqrt(varianceOf(column)) }));
  if (scales.some(({ sd }) => !(sd > 0)))
    throw invalid('covariates that differ between examinations', 'one that is the same for all');
  return covariates.map((row) => row.map((value, n) => (value - scales[n]!.mean) / scales[n]!.sd));
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const varianceOf = (values: readonly number[]) => {
  const mean = average(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
};

/** Shift and variance of each measure of one scanner, drawn towards those of its other measures. */
function shrunk(rows: readonly (readonly number[])[]): { shift: number[]; variance: number[] } {
  const count = rows.length;
  const measures = rows[0]!.length;
  const columns = Array.from({ length: measures }, (_, n) => rows.map((row) => row[n]!));
  const own = columns.map(average);
  const ownVariance = columns.map(varianceOf);
  if (measures < 2) return { shift: own, variance: ownVariance };
  const prior = average(own);
  const priorVariance = varianceOf(own);
  const [m, s2] = [average(ownVariance), varianceOf(ownVariance)];
  if (!(priorVariance > 0 && s2 > 0)) return { shift: own, variance: ownVariance };
  // Inverse gamma by its moments.
  const [a, b] = [(2 * s2 + m * m) / s2, (m * s2 + m ** 3) / s2];
  const shift: number[] = [];
  const variance: number[] = [];
  for (const [n, column] of columns.entries()) {
    let [gamma, delta] = [own[n]!, ownVariance[n]!];
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const next = (count * priorVariance * own[n]! + delta * prior) / (count * priorVariance + delta);
      const squares = column.reduce((sum, value) => sum + (value - next) ** 2, 0);
      const nextDelta = (0.5 * squares + b) / (count / 2 + a - 1);
      const change = Math.max(Math.abs(next - gamma), Math.abs(nextDelta - delta));
      [gamma, delta] = [next, nextDelta];
      if (change < STILL) break;
    }
    shift.push(gamma);
    variance.push(delta);
  }
  return { shift, variance };
}

function leastSquares(design: readonly (readonly number[])[], y: readonly number[]): number[] {
  const width = design[0]!.length;
  const normal = Array.from({ length: width }, (_, i) =>
    Array.from({ length: width }, (__, j) => design.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
  );
  const right = Array.from({ length: width }, (_, i) =>
    design.reduce((sum, row, n) => sum + row[i]! * y[n]!, 0),
  );
  if (solve(normal, right)) return right;
  throw invalid('covariates that are not told by the scanner alone', 'scanner and covariates go together');
}

function check(
  values: readonly (readonly number[])[],
  batch: readonly string[],
  names: readonly string[],
  covariates: CombatInput['covariates'],
): void {
  const width = values[0]?.length ?? 0;
  if (width === 0) throw invalid('at least one measure', 'none');
  if (values.length !== batch.length || (covariates !== undefined && covariates.length !== values.length))
    throw invalid('a scanner for each row', `${values.length} rows, ${batch.length} scanners`);
  const isWhole = [...values, ...(covariates ?? [])].every((row) => row.every(Number.isFinite));
  if (!isWhole || values.some((row) => row.length !== width))
    throw invalid('a number for each measure and covariate of each row', 'cells without one');
  if (names.length < 2) throw invalid('two scanners or more', names.join(', ') || 'none');
  for (const name of names) {
    const count = batch.filter((one) => one === name).length;
    if (count < FEWEST_ROWS) throw invalid(`${FEWEST_ROWS} rows of each scanner`, `${count} of ${name}`);
  }
}

function invalid(expected: string, found: string): PhotopeakError {
  return new PhotopeakError('the measures cannot be brought to one scanner', {
    code: 'HARMONISE_INPUT',
    expected,
    found,
    remedy:
      'see docs/enhancement.md: a row for each examination, numbers in every cell, several rows of each scanner',
  });
}
