/**
 * Detection by the autoPET protocol on simulated studies of all tracers with physiological uptake: Dice over all voxels
 * of a study with lesions, volume of predicted components that touch no lesion (FPV), volume of lesions that no
 * prediction touches (FNV), components by 18-connectivity; besides, sensitivity by lesion and false findings a study.
 *
 *   node bench/lesions/cohort.ts [--first 31001] [--count 50] [--tracer NAME] [--details]
 *     [--cache FOLDER]  keeps the studies   [--scores FILE]  keeps the score of each and goes on where it stopped
 *
 * Seeds from 31001 on were used for nothing else. Simulated, round lesions: not comparable with figures on patients.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { findLesions } from '@photopeak/analysis';
import { components, maskWhere, type Volume } from '@photopeak/imaging';
import type { PhantomTracer } from '@photopeak/phantom';
import { argument, cohort, FAMILY, type SimulatedStudy, simulatedStudy } from './studies.ts';

/** Lesions from this diameter on are those that the target is about. */
const LARGE_MM = 15;

/** Sites beside organs of strong uptake, in the order of the table. */
const BESIDE = [
  'right obturator, beside the bladder',
  'prostate',
  'left para-aortic, beside the kidney',
  'dome of the liver',
  'right base, above the liver',
  'head of the pancreas',
  'mesentery',
];

interface Score {
  readonly seed: number;
  readonly tracer: PhantomTracer;
  readonly dice: number | undefined;
  readonly fpvMl: number;
  readonly fnvMl: number;
  readonly lesions: number;
  readonly found: number;
  readonly large: number;
  readonly largeFound: number;
  readonly falseFindings: number;
  /** Of lesions at the sites beside organs: whether each was found. */
  readonly beside: readonly (readonly [site: string, found: boolean])[];
}

/** Total volume in ml of the components of `mask` without a voxel in `other`. */
async function untouchedMl(mask: Volume<Uint8Array>, other: Volume<Uint8Array>): Promise<number> {
  const { labels, sizes } = await components(mask, { connectivity: 18 });
  const touched = new Set<number>();
  for (let n = 0; n < labels.data.length; n++)
    if (labels.data[n] !== 0 && other.data[n] !== 0) touched.add(labels.data[n]!);
  const voxelMl = mask.spacingMm[0] * mask.spacingMm[1] * mask.spacingMm[2] * 1e-3;
  return sizes.reduce((sum, size, n) => sum + (touched.has(n + 1) ? 0 : size * voxelMl), 0);
}

async function scoreOf(study: SimulatedStudy, log: (line: string) => void): Promise<Score> {
  const { suv, truth, anatomy, organs, seed, tracer } = study;
  const result = await findLesions(suv, anatomy, { tracer: FAMILY[tracer], organs });
  const shown = new Set(result.findings.filter(({ hidden }) => !hidden).map(({ id }) => id));
  const predicted = maskWhere(result.labels, (id) => shown.has(id));
  const real = maskWhere(truth, (id) => id !== 0);
  let both = 0;
  let all = 0;
  const hits = new Map<number, Set<number>>();
  const inBall = new Map<number, number>();
  for (let n = 0; n < truth.data.length; n++) {
    const ball = truth.data[n]!;
    const id = result.labels.data[n]!;
    all += real.data[n]! + predicted.data[n]!;
    both += real.data[n]! * predicted.data[n]!;
    if (ball === 0) continue;
    inBall.set(ball, (inBall.get(ball) ?? 0) + 1);
    if (id !== 0) hits.set(ball, (hits.get(ball) ?? new Set()).add(id));
  }
  let [found, large, largeFound] = [0, 0, 0];
  const touching = new Set<number>();
  const beside: [string, boolean][] = [];
  for (const [ball] of inBall) {
    const lesion = study.lesions.find(({ id }) => id === ball)!;
    const by = [...(hits.get(ball) ?? [])];
    for (const id of by) touching.add(id);
    const isFound = by.some((id) => shown.has(id));
    const isLarge = 2 * lesion.radiusMm >= LARGE_MM;
    found += Number(isFound);
    large += Number(isLarge);
    largeFound += Number(isFound && isLarge);
    if (BESIDE.includes(lesion.site)) beside.push([lesion.site, isFound]);
    if (isFound) continue;
    const called = by.map((id) => result.findings[id - 1]!.reason).join('; ') || 'below the threshold';
    log(
      `missed ${tracer} ${seed}: ${lesion.site}, ${(2 * lesion.radiusMm).toFixed(0)} mm, SUV ${lesion.suvTrue}: ${called}`,
    );
  }
  let falseFindings = 0;
  for (const { id, kind, site, measurement, reason } of result.findings) {
    if (kind !== 'lesion' || touching.has(id)) continue;
    falseFindings++;
    log(
      `false  ${tracer} ${seed}: ${site.name} ${site.side ?? ''} ${measurement.mtvMl.toFixed(1)} ml, SUVmax ${measurement.max.toFixed(1)}: ${reason}`,
    );
  }
  return {
    seed,
    tracer,
    dice: all === 0 || inBall.size === 0 ? undefined : (2 * both) / all,
    fpvMl: await untouchedMl(predicted, real),
    fnvMl: await untouchedMl(real, predicted),
    lesions: inBall.size,
    found,
    large,
    largeFound,
    falseFindings,
    beside,
  };
}

function row(name: string, scores: readonly Score[]): string {
  const sum = (value: (score: Score) => number) => scores.reduce((total, score) => total + value(score), 0);
  const dices = scores.flatMap(({ dice }) => (dice === undefined ? [] : [dice]));
  const each = (total: number) => (total / scores.length).toFixed(2);
  const lesions = sum((score) => score.lesions);
  const large = sum((score) => score.large);
  return [
    name.padEnd(10),
    `${scores.length} studies`.padStart(10),
    `DSC ${(dices.reduce((a, b) => a + b, 0) / dices.length).toFixed(3)}`,
    `FPV ${each(sum((score) => score.fpvMl))} ml`,
    `FNV ${each(sum((score) => score.fnvMl))} ml`,
    `sensitivity ${sum((score) => score.found)}/${lesions} = ${(sum((score) => score.found) / lesions).toFixed(3)}`,
    `from 15 mm ${sum((score) => score.largeFound)}/${large} = ${(sum((score) => score.largeFound) / large).toFixed(3)}`,
    `false ${each(sum((score) => score.falseFindings))} a study`,
  ].join('  ');
}

const first = Number(argument('first', '31001'));
const count = Number(argument('count', '50'));
const only = argument('tracer', '');
const cache = argument('cache', '');
const isDetailed = process.argv.includes('--details');
const file = argument('scores', '');
const known: Score[] =
  file === '' || !existsSync(file)
    ? []
    : readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Score);
const scores: Score[] = [];
for (const plan of cohort(first, count)) {
  if (only !== '' && plan.tracer !== only) continue;
  const kept = known.find(({ seed }) => seed === plan.seed);
  if (kept !== undefined) {
    scores.push(kept);
    continue;
  }
  const study = await simulatedStudy(plan, cache === '' ? undefined : cache);
  const score = await scoreOf(study, (line) => {
    if (isDetailed) console.log(line);
  });
  scores.push(score);
  if (file !== '') appendFileSync(file, `${JSON.stringify(score)}\n`);
}
for (const site of BESIDE) {
  const own = scores.flatMap(({ beside }) => beside.filter(([name]) => name === site));
  if (own.length > 0)
    console.log(`${site}: ${own.filter(([, isFound]) => isFound).length} of ${own.length} found`);
}
for (const tracer of Object.keys(FAMILY)) {
  const own = scores.filter((score) => score.tracer === tracer);
  if (own.length > 0) console.log(row(tracer, own));
}
console.log(row(`seeds ${first}-${first + count - 1} (simulated)`, scores));
process.exit(0);
