import {
  cardiacPerfusion,
  ctNoise,
  doseSimulation,
  enhancement,
  frameMotionPipeline,
  type Pipeline,
  type PipelineResult,
  petctOncology,
  petmr,
  priorComparison,
  radiotherapyOar,
  spectct,
} from '@photopeak/pipelines';
import { describeComparison } from './describe-comparison.ts';
import { describeEnhancement } from './describe-enhancement.ts';
import { describeFrameMotion } from './describe-frame-motion.ts';
import { describeHeart } from './describe-heart.ts';
import { describeNoise } from './describe-noise.ts';
import { describePetmr } from './describe-petmr.ts';
import { describeSimulatedDose } from './describe-simulated-dose.ts';
import { describeStructures } from './describe-structures.ts';
import { describeSummary } from './describe-summary.ts';
import { describeTomogram } from './describe-tomogram.ts';

/** A pipeline as `photopeak run` offers it. */
export interface Runnable {
  readonly pipeline: Pipeline;
  /** The result for a terminal. */
  describe(result: PipelineResult<unknown>): string;
}

const runnable = <Parameters, Summary>(
  pipeline: Pipeline<Parameters, Summary>,
  describe: (summary: Summary) => string,
): Runnable => ({
  pipeline: pipeline as Pipeline,
  describe: ({ summary }) => describe(summary as Summary),
});

/** What `photopeak enhance` runs. */
export const ENHANCEMENT = runnable(enhancement, describeEnhancement);

/** What `photopeak simulate-dose` runs. */
export const DOSE_SIMULATION = runnable(doseSimulation, describeSimulatedDose);

/** The first is the default of `--pipeline`. */
export const RUNNABLES: readonly Runnable[] = [
  runnable(petctOncology, describeSummary),
  runnable(priorComparison, describeComparison),
  runnable(cardiacPerfusion, describeHeart),
  runnable(radiotherapyOar, describeStructures),
  runnable(petmr, describePetmr),
  runnable(spectct, describeTomogram),
  runnable(frameMotionPipeline, describeFrameMotion),
  runnable(ctNoise, describeNoise),
  ENHANCEMENT,
  DOSE_SIMULATION,
];
