import { invert, type Mat4, type Volume } from '@photopeak/imaging';
import { compare, DEFAULT_LEVELS, levelsOf } from './levels.ts';

/** A registration by hand beside the one it replaces; matrices from moving to fixed. */
export interface Correction {
  readonly before: Mat4;
  readonly after: Mat4;
}

export interface RescoredCorrection {
  /** Normalised mutual information in the body, on the finest level, under each. */
  readonly before: number;
  readonly after: number;
  readonly isBetter: boolean;
}

/** Points other than those on which the automatic registration was found. */
const SEED = 5;

/**
 * Whether a correction by hand raises the similarity of two images of any modality. A person may know better than the
 * metric: it is shown beside the correction and does not undo it. PET on CT is also judged in mm, by
 * `registrationScore` with the corrected matrix.
 */
export function rescored(fixed: Volume, moving: Volume, { before, after }: Correction): RescoredCorrection {
  const { levels, body } = levelsOf(fixed, moving, DEFAULT_LEVELS.slice(-1), SEED);
  const metric = compare(levels[0]!, body, SEED);
  const values = [before, after].map((matrix) => metric.evaluate(invert(matrix))) as [number, number];
  return { before: values[0], after: values[1], isBetter: values[1] > values[0] };
}
