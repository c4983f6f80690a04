/**
 * Trains the model of physiological uptake on simulated studies of all tracers and writes its table, after telling by
 * cross-validation (whole studies held back) how well it does beside the rules.
 *
 *   node bench/lesions/train-model.ts [--first 20001] [--count 40] [--cache FOLDER] [--write]
 *
 * Seeds from 20001 on are for training and tuning; `cohort.ts` reports on others.
 */
import { writeFileSync } from 'node:fs';
import {
  type BoostedTrees,
  evaluate,
  hillsOf,
  inputsOf,
  physiologyOf,
  probabilityOf,
  type Sample,
  trainTrees,
} from '@photopeak/analysis';
import type { Vec3 } from '@photopeak/imaging';
import type { PhantomTracer } from '@photopeak/phantom';
import { argument, cohort, FAMILY, type SimulatedStudy, simulatedStudy } from './studies.ts';

const FOLDS = 5;
const BINS = 10;
/** Probabilities from which uptake might be set aside. */
const THRESHOLDS = [0.5, 0.7, 0.9];
const TABLE = new URL('../../packages/analysis/src/lesions/model/table.json', import.meta.url);

interface Told extends Sample {
  readonly study: number;
  readonly tracer: PhantomTracer;
  readonly byRule: boolean;
}

/** A hill is a lesion where its hottest voxel lies in one; one that only reaches into a lesion is left out. */
async function samplesOf(study: SimulatedStudy, index: number): Promise<Told[]> {
  const { suv, anatomy, organs, truth, tracer } = study;
  const { surroundings, hills } = await hillsOf(suv, anatomy, { tracer: FAMILY[tracer], organs });
  return hills.flatMap(({ voxels, peakIndex, features }): Told[] => {
    const inLesion = isNearLesion(study, features.peak);
    const touched = voxels.some((voxel) => truth.data[voxel] !== 0);
    if (!inLesion && touched) return [];
    const rule = physiologyOf(features, surroundings);
    return [
      {
        inputs: inputsOf(features, surroundings, rule),
        positive: truth.data[peakIndex] === 0 && !inLesion,
        study: index,
        tracer,
        byRule: rule !== undefined,
      },
    ];
  });
}

/** Within the ball or a voxel beside it. */
function isNearLesion({ lesions, suv }: SimulatedStudy, peak: Vec3): boolean {
  return lesions.some(
    ({ centerPetMm, radiusMm }) =>
      Math.hypot(...peak.map((mm, axis) => mm - centerPetMm[axis]!)) <= radiusMm + suv.spacingMm[0],
  );
}

interface Predicted {
  readonly told: Told;
  readonly p: number;
}

/** Mean difference between what is said and what is so, over tenths of the probability, weighted by their size. */
function calibrationError(predicted: readonly Predicted[]): number {
  let error = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const own = predicted.filter(({ p }) => Math.min(BINS - 1, Math.floor(p * BINS)) === bin);
    if (own.length === 0) continue;
    const said = own.reduce((sum, { p }) => sum + p, 0) / own.length;
    const real = own.filter(({ told }) => told.positive).length / own.length;
    error += (own.length / predicted.length) * Math.abs(said - real);
  }
  return error;
}

function auroc(predicted: readonly Predicted[]): number {
  const sorted = [...predicted].sort((a, b) => a.p - b.p);
  let [ranks, positives] = [0, 0];
  sorted.forEach(({ told }, n) => {
    if (!told.positive) return;
    ranks += n + 1;
    positives++;
  });
  const negatives = sorted.length - positives;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

function report(name: string, predicted: readonly Predicted[]): string {
  const wrong = (isPhysiological: (one: Predicted) => boolean) => {
    const missed = predicted.filter((one) => !one.told.positive && isPhysiological(one)).length;
    const shown = predicted.filter((one) => one.told.positive && !isPhysiological(one)).length;
    return `${missed} lesions set aside and ${shown} organs shown`;
  };
  const lesions = predicted.filter(({ told }) => !told.positive).length;
  const model = THRESHOLDS.map((from) => `from ${from} ${wrong(({ p }) => p >= from)}`).join(', ');
  return `${name.padEnd(10)} ${predicted.length} hills, ${lesions} of lesions: rules ${wrong(({ told }) => told.byRule)}; model ${model}; AUROC ${auroc(predicted).toFixed(3)}, calibration error ${calibrationError(predicted).toFixed(3)}`;
}

const cache = argument('cache', '');
const plans = cohort(Number(argument('first', '20001')), Number(argument('count', '40')));
const samples: Told[] = [];
for (const plan of plans) {
  const study = await simulatedStudy(plan, cache === '' ? undefined : cache);
  samples.push(...(await samplesOf(study, plan.index)));
}
const predicted: Predicted[] = [];
for (let fold = 0; fold < FOLDS; fold++) {
  const model = trainTrees(samples.filter(({ study }) => study % FOLDS !== fold));
  for (const told of samples.filter(({ study }) => study % FOLDS === fold))
    predicted.push({ told, p: probabilityOf(evaluate(model, told.inputs).logOdds) });
}
for (const tracer of Object.keys(FAMILY)) {
  const own = predicted.filter(({ told }) => told.tracer === tracer);
  if (own.length > 0) console.log(report(tracer, own));
}
console.log(report('all', predicted));
if (process.argv.includes('--write')) {
  const model: BoostedTrees = trainTrees(samples);
  writeFileSync(TABLE, `${JSON.stringify(model)}\n`);
  console.log(`written: ${model.trees.length} trees, ${JSON.stringify(model).length} bytes`);
}
process.exit(0);
