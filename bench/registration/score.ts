/**
 * The registration score on phantom studies with known misalignment (score-cases.ts): the error of each regional
 * estimate and how often its interval holds the truth, the error of the worst region, the calibration of the score
 * (expected calibration error over ten groups of equal size, Brier score), and how well "more than 10 mm" is found.
 *
 *   node bench/registration/score.ts [--seeds 1101-1116] [--variants 1] [--cases FILE] [--fit]
 *
 * `--variants` takes so many sets of misalignments of each study. `--cases` keeps what was measured in a file, a line each:
 * what it holds is not measured again, and counts too, also of other seeds.
 *
 * Seeds below 1000 served to choose estimators and model, 1101 to 1113 and 4962 to 4981 the intervals too; `--fit` prints the
 * coefficients and the widths of the intervals that fit the given seeds.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import {
  type CtAnatomy,
  type RegionMisalignment,
  type RegionName,
  registrationScore,
  segmentCtAnatomy,
  TOLERANCE_MM,
} from '@photopeak/analysis';
import type { Vec3 } from '@photopeak/imaging';
import { casesOf, numbers, phantomOf, type ScoreCase } from './score-cases.ts';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

/** What a region's misalignment is: the mean shift of its landmarks; of the diaphragm along the body. */
const LANDMARKS: Readonly<Partial<Record<RegionName, readonly string[]>>> = {
  'liver dome': ['right diaphragm dome'],
  'left diaphragm': ['left diaphragm dome'],
  head: ['head centre'],
  heart: ['heart base', 'heart apex'],
  chest: ['carina', 'right lung apex', 'left lung apex'],
  abdomen: ['liver centre', 'spleen centre', 'right kidney centre', 'left kidney centre', 'L3 vertebra'],
  pelvis: ['bladder centre'],
};

function trueMm(name: string, marks: readonly string[], truth: ScoreCase['truth']): number {
  const shifts = marks.map((mark) => truth.find((one) => one.name === mark)!.shift);
  const mean = [0, 1, 2].map(
    (axis) => shifts.reduce((sum, shift) => sum + shift[axis]!, 0) / shifts.length,
  ) as unknown as Vec3;
  return name === 'liver dome' || name === 'left diaphragm' ? Math.abs(mean[2]) : Math.hypot(...mean);
}

interface Row {
  readonly seed: number;
  readonly variant: number;
  readonly truth: number;
  readonly worst: number;
  readonly unjudged: number;
  readonly probability: number;
  readonly regions: Regional;
}

/** Of each region: how far the estimate is off, and whether its interval holds the truth. */
interface Compared {
  readonly error: number;
  readonly isHeld: boolean;
  readonly spreadMm: number;
}

type Regional = Readonly<Record<string, Compared>>;

function compared(region: RegionMisalignment, truth: number): Compared {
  const [low, high] = region.interval90Mm;
  return {
    error: Math.abs(region.mm - truth),
    isHeld: truth >= low && truth <= high,
    spreadMm: region.spreadMm,
  };
}

/** Nine of ten errors are smaller than this times (1 mm + scatter): what score-model.ts takes for the interval. */
function errorOverScatter(list: readonly Compared[]): number {
  const ratios = list.map(({ error, spreadMm }) => error / (1 + spreadMm)).sort((a, b) => a - b);
  return ratios[Math.min(ratios.length - 1, Math.ceil(0.9 * ratios.length) - 1)]!;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const isWithin = ({ truth }: Row) => truth <= TOLERANCE_MM;

/** Aligned and misaligned cases count equally, as the model takes them. */
function weights(all: readonly Row[]): readonly number[] {
  const within = all.filter(isWithin).length;
  return all.map((row) => 0.5 / (isWithin(row) ? within : all.length - within));
}

/** Over ten groups of equal weight, from the least to the most certain. */
function calibrationError(all: readonly Row[]): number {
  const weight = weights(all);
  const sorted = all
    .map((row, n) => ({ row, weight: weight[n]! }))
    .sort((a, b) => a.row.probability - b.row.probability);
  const groups = Array.from({ length: 10 }, () => ({ weight: 0, said: 0, within: 0 }));
  let before = 0;
  for (const one of sorted) {
    const group = groups[Math.min(9, Math.floor(10 * (before + one.weight / 2)))]!;
    before += one.weight;
    group.weight += one.weight;
    group.said += one.weight * one.row.probability;
    if (isWithin(one.row)) group.within += one.weight;
  }
  return groups.reduce((sum, { said, within }) => sum + Math.abs(said - within), 0);
}

/** Standard deviation of the calibration error over draws of as many studies from those at hand. */
function samplingError(all: readonly Row[]): number {
  const next = numbers(1);
  const seeds = [...new Set(all.map(({ seed }) => seed))];
  const errors = Array.from({ length: 400 }, () =>
    calibrationError(
      seeds.flatMap(() => {
        const drawn = seeds[Math.floor(next() * seeds.length)];
        return all.filter(({ seed }) => seed === drawn);
      }),
    ),
  );
  const centre = mean(errors);
  return Math.sqrt(mean(errors.map((error) => (error - centre) ** 2)));
}

/** Share of pairs of a case above the limit and one below that the estimate puts in this order. */
function auroc(all: readonly Row[], limitMm: number): number {
  const above = all.filter(({ truth }) => truth > limitMm);
  const below = all.filter(({ truth }) => truth <= limitMm);
  let right = 0;
  for (const a of above)
    for (const b of below) right += a.worst > b.worst ? 1 : a.worst === b.worst ? 0.5 : 0;
  return right / (above.length * below.length);
}

/** Logistic regression on the worst estimate and the unjudged regions, by gradient descent. */
function logistic(all: readonly Row[]): readonly number[] {
  const weight = weights(all);
  const w = [0, 0, 0];
  for (let turn = 0; turn < 200_000; turn++) {
    const gradient = [0, 0, 0];
    all.forEach((row, at) => {
      const p = 1 / (1 + Math.exp(-(w[0]! + w[1]! * row.worst + w[2]! * row.unjudged)));
      const error = weight[at]! * (p - (isWithin(row) ? 1 : 0));
      [1, row.worst, row.unjudged].forEach((x, n) => {
        gradient[n]! += error * x;
      });
    });
    gradient.forEach((g, n) => {
      w[n]! -= [0.05, 0.01, 0.05][n]! * g;
    });
  }
  return w;
}

/** What a model that is right about its probabilities would show on these cases: truth is drawn anew from them. */
function errorOfPerfect(all: readonly Row[]): number {
  const next = numbers(2);
  const draws = Array.from({ length: 400 }, () =>
    calibrationError(all.map((row) => ({ ...row, truth: next() < row.probability ? 0 : TOLERANCE_MM + 1 }))),
  );
  return mean(draws);
}

async function measured({ ct, pet, ctFromPet, truth }: ScoreCase, anatomy: CtAnatomy) {
  const result = await registrationScore(ct, pet, { anatomy, ctFromPet });
  const regions: Record<string, Regional[string]> = {};
  let worstTruth = 0;
  for (const [name, marks] of Object.entries(LANDMARKS)) {
    const mm = trueMm(name, marks, truth);
    worstTruth = Math.max(worstTruth, mm);
    const region = result.regions.find((one) => one.name === name);
    if (region !== undefined) regions[name] = compared(region, mm);
  }
  const worst = Math.max(...result.regions.map(({ mm }) => mm));
  return {
    reason: result.reason,
    ...{ truth: worstTruth, worst, unjudged: result.unjudged.length, regions },
    probability: (result.score ?? 50) / 100,
  };
}

const file = argument('cases', '');
const rows: Row[] =
  file === '' || !existsSync(file)
    ? []
    : readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
const kept = new Set(rows.map(({ seed, variant }) => `${seed}/${variant}`));
const [from, to] = argument('seeds', '1101-1116').split('-').map(Number) as [number, number];
for (let seed = from; seed <= to; seed++) {
  const variants = Array.from({ length: Number(argument('variants', '1')) }, (_, variant) => variant).filter(
    (variant) => !kept.has(`${seed}/${variant}`),
  );
  if (variants.length === 0) continue;
  const study = await phantomOf(seed);
  const anatomy = await segmentCtAnatomy(study.ct);
  for (const variant of variants) {
    const found: Row[] = [];
    for (const one of casesOf(seed, study, variant)) {
      const { reason, ...row } = await measured(one, anatomy);
      found.push({ seed, variant, ...row });
      console.log(
        `seed ${seed}: truth ${row.truth.toFixed(1)} mm, estimate ${row.worst.toFixed(1)} mm, score ${Math.round(100 * row.probability)} (${reason})`,
      );
    }
    rows.push(...found);
    if (file !== '') appendFileSync(file, found.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
}
for (const name of Object.keys(LANDMARKS)) {
  const list = rows.flatMap(({ regions }) => regions[name] ?? []);
  const held = list.filter(({ isHeld }) => isHeld).length;
  const errors = list.map(({ error }) => error);
  console.log(
    `${name}: mean error ${mean(errors).toFixed(2)} mm, largest ${Math.max(...errors).toFixed(1)} mm, interval holds ${Math.round((100 * held) / list.length)} % of ${list.length}`,
  );
  if (process.argv.includes('--fit'))
    console.log(`  error over scatter ${errorOverScatter(list).toFixed(2)}`);
}
if (process.argv.includes('--fit'))
  console.log(`intercept, per mm, per unjudged: ${logistic(rows).join(', ')}`);
const weight = weights(rows);
const brier = rows.reduce(
  (sum, row, n) => sum + weight[n]! * (row.probability - (isWithin(row) ? 1 : 0)) ** 2,
  0,
);
const studies = new Set(rows.map(({ seed }) => seed));
console.log(
  `score, ${rows.length} cases of ${studies.size} studies, seeds ${Math.min(...studies)}-${Math.max(...studies)}, ${rows.filter(isWithin).length} of them within ${TOLERANCE_MM} mm: ` +
    `worst region mean error ${mean(rows.map(({ truth, worst }) => Math.abs(truth - worst))).toFixed(2)} mm; ` +
    `expected calibration error ${calibrationError(rows).toFixed(3)} (± ${samplingError(rows).toFixed(3)}; a perfect model ${errorOfPerfect(rows).toFixed(3)} on such cases), ` +
    `Brier score ${brier.toFixed(3)}; more than 10 mm: AUROC ${auroc(rows, 10).toFixed(3)}`,
);
process.exit(0);
