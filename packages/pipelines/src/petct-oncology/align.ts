import {
  type CtAnatomy,
  type Doubt,
  type RigidResult,
  registerRigid,
  registrationScore,
} from '@photopeak/analysis';
import {
  identity,
  type Mat4,
  PhotopeakError,
  transformPoint,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import type { PetctSummary } from './summary.ts';

type Registration = NonNullable<PetctSummary['registration']>;

export interface AlignInput {
  readonly ct: Volume;
  readonly pet: Volume;
  readonly anatomy: CtAnatomy | null;
  readonly frameOfReferenceShared: boolean;
}

export interface AlignmentScore {
  readonly score: number | null;
  readonly class: Registration['class'];
  readonly reason: string;
  readonly regions: Registration['regions'];
  /** What speaks against fusing them at all, or in a part of the body. */
  readonly doubts: readonly Doubt[];
}

/** How the PET is brought to the CT. */
export interface Alignment {
  readonly used: Registration['used'];
  readonly reason: string;
  /** LPS mm, moving PET to fixed CT. */
  readonly matrix: Mat4;
  readonly uncertaintyMm: number | null;
  /** Of the alignment in use; null without CT anatomy or without an alignment. */
  readonly score: AlignmentScore | null;
  /** A confirmed rigid movement that scores better than the alignment in use, but not clearly: for a person to judge. */
  readonly proposal?: { readonly matrix: Mat4; readonly score: number; readonly movementMm: number };
}

/** A rigid result that a second start does not confirm to this is not used. */
const TRUSTED_MM = 4;

/** Points of the score that a correction must gain: the estimate scatters, and moving images has a price. */
const WORTH_CORRECTING = 15;
/** A smaller movement is within what the registration scatters: the pixels would be resampled for nothing. */
const WORTH_MOVING_MM = 2;
/** … and that it must gain to be shown to a person at all. */
const WORTH_PROPOSING = 5;

function largestMovement({ matrix, bodyCorners }: RigidResult): number {
  const moved = bodyCorners.map((corner: Vec3) => {
    const to = transformPoint(matrix, corner);
    return Math.hypot(to[0] - corner[0], to[1] - corner[1], to[2] - corner[2]);
  });
  return Math.max(...moved);
}

const direction = (shift: Vec3): string => shift.map((mm) => mm.toFixed(1)).join(', ');

async function scoreOf({ ct, pet, anatomy }: AlignInput, petToCt: Mat4): Promise<AlignmentScore | null> {
  if (anatomy === null) return null;
  const result = await registrationScore(ct, pet, { anatomy, ctFromPet: petToCt });
  return {
    score: result.score ?? null,
    class: result.class === 'unknown' ? null : result.class,
    reason: result.reason,
    doubts: result.doubts,
    regions: [
      ...result.regions.map(({ name, mm, shift, interval90Mm: [low, high], method }) => ({
        name,
        misalignmentMm: mm,
        reason: `PET against CT (${direction(shift)}) mm in LPS, in nine of ten cases ${low.toFixed(1)} to ${high.toFixed(1)} mm, by ${method}`,
      })),
      ...result.unjudged.map((name) => ({
        name,
        misalignmentMm: null,
        reason: 'not judged: its parts disagree, or PET and CT share no edge there',
      })),
    ],
  };
}

interface Rigid {
  readonly matrix: Mat4;
  readonly uncertaintyMm: number | null;
  readonly isConfirmed: boolean;
  readonly movementMm: number;
}

/** A rigid registration, or why there is none. */
async function rigid(input: AlignInput): Promise<Rigid | string> {
  try {
    const result = await registerRigid(input.ct, input.pet, {
      initial: input.frameOfReferenceShared ? 'identity' : 'search',
    });
    const uncertaintyMm = result.uncertaintyMm ?? null;
    return {
      matrix: result.matrix,
      uncertaintyMm,
      isConfirmed: uncertaintyMm !== null && uncertaintyMm <= TRUSTED_MM,
      movementMm: largestMovement(result),
    };
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    return error.message;
  }
}

/**
 * Different frames of reference: nothing is fused without a registration that a second start confirms and that the
 * score can judge in at least one region, since the metric alone has firm optima that are wrong.
 */
async function alignFrames(input: AlignInput, found: Rigid | string): Promise<Alignment> {
  if (typeof found === 'string' || !found.isConfirmed) {
    const why =
      typeof found === 'string' ? found : 'a second start of the registration does not confirm the first';
    return {
      used: 'none',
      matrix: identity,
      uncertaintyMm: typeof found === 'string' ? null : found.uncertaintyMm,
      reason: `different frames of reference, and no registration can be trusted: ${why}`,
      score: null,
    };
  }
  const score = await scoreOf(input, found.matrix);
  const wrong = score?.doubts.find(({ kind }) => kind === 'flipped' || kind === 'other patient');
  if (wrong !== undefined) {
    return {
      used: 'none',
      matrix: identity,
      uncertaintyMm: found.uncertaintyMm,
      reason: `different frames of reference, and ${wrong.reason}`,
      score,
    };
  }
  if (score === null || score.score === null) {
    return {
      used: 'none',
      matrix: identity,
      uncertaintyMm: found.uncertaintyMm,
      reason: `different frames of reference, and nothing confirms the registration: ${score?.reason ?? 'without CT anatomy it cannot be judged'}`,
      score: null,
    };
  }
  return {
    used: 'rigid',
    matrix: found.matrix,
    uncertaintyMm: found.uncertaintyMm,
    reason: 'Different frames of reference, registered rigidly.',
    score,
  };
}

/** One frame of reference: the scanner's alignment stays unless a confirmed rigid movement scores better. */
async function checkAlignment(input: AlignInput, found: Rigid | string): Promise<Alignment> {
  const kept = await scoreOf(input, identity);
  const keep = (why: string): Alignment => ({
    used: 'identity',
    matrix: identity,
    uncertaintyMm: typeof found === 'string' ? null : found.uncertaintyMm,
    reason: `The scanner's alignment is used: ${why}.`,
    score: kept,
  });
  if (typeof found === 'string') return keep(`no registration was possible (${found})`);
  const moved = `a rigid movement of up to ${found.movementMm.toFixed(1)} mm`;
  if (kept === null) return keep('without CT anatomy nothing can be judged better');
  if (kept.score === null) return keep(`${kept.reason}, so that no movement can be judged better`);
  if (kept.class === 'green') return keep('it scores well');
  if (found.movementMm < WORTH_MOVING_MM) return keep(`${moved} is less than such images can show`);
  if (!found.isConfirmed) return keep(`${moved} was not confirmed by a second start`);
  const corrected = await scoreOf(input, found.matrix);
  const gained = (corrected?.score ?? -1) - kept.score;
  if (gained < WORTH_CORRECTING) {
    const kept = keep(`${moved} does not score clearly better`);
    if (!(gained >= WORTH_PROPOSING)) return kept;
    const { matrix, movementMm } = found;
    return { ...kept, proposal: { matrix, score: corrected!.score!, movementMm } };
  }
  return {
    used: 'rigid',
    matrix: found.matrix,
    uncertaintyMm: found.uncertaintyMm,
    reason: `Corrected: ${moved} scores ${corrected?.score} instead of ${kept.score}.`,
    score: corrected,
  };
}

/** Registers PET to CT, judges the result, and decides which alignment is used. */
export const alignPetToCt: Step<AlignInput, Alignment> = {
  name: 'align',
  version: '2',
  resource: 'cpu',
  run: async (input) => {
    const found = await rigid(input);
    return input.frameOfReferenceShared ? checkAlignment(input, found) : alignFrames(input, found);
  },
};
