import { type RigidResult, registerRigid } from '@photopeak/analysis';
import { identity, type Mat4, PhotopeakError, transformPoint, type Vec3 } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import type { GivenRegistration } from '../study/index.ts';
import { alignByHand } from './align-by-hand.ts';
import type { AlignInput, Alignment, AlignmentScore, ForeignOutcome } from './alignment.ts';
import { scoreAlignment } from './score-alignment.ts';

/** A rigid result that a second start does not confirm to this is not used. */
const TRUSTED_MM = 4;

/** Points of the score that a correction must gain: the estimate scatters, and moving images has a price. */
const WORTH_CORRECTING = 15;
/** A smaller movement is within what the registration scatters: the pixels would be resampled for nothing. */
const WORTH_MOVING_MM = 2;
/** … and that it must gain to be shown to a person at all. */
const WORTH_PROPOSING = 5;
/** So many registration objects of a study are weighed against each other. */
const MOST_GIVEN = 4;

function largestMovement({ matrix, bodyCorners }: RigidResult): number {
  const moved = bodyCorners.map((corner: Vec3) => {
    const to = transformPoint(matrix, corner);
    return Math.hypot(to[0] - corner[0], to[1] - corner[1], to[2] - corner[2]);
  });
  return Math.max(...moved);
}

interface Rigid {
  readonly matrix: Mat4;
  readonly uncertaintyMm: number | null;
  readonly isConfirmed: boolean;
  readonly movementMm: number;
}

/** A rigid registration, or why there is none. */
async function rigid(input: AlignInput, initial: Mat4 | 'identity' | 'search'): Promise<Rigid | string> {
  try {
    const result = await registerRigid(input.ct, input.pet, { initial });
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

interface Weighed {
  readonly given: GivenRegistration;
  readonly score: AlignmentScore | null;
}

const points = (score: AlignmentScore | null): number => score?.score ?? -1;
const isWrong = (score: AlignmentScore | null) =>
  score?.doubts.find(({ kind }) => kind === 'flipped' || kind === 'other patient');

/** The registration object of another writer that scores best. */
async function bestGiven(input: AlignInput): Promise<Weighed | undefined> {
  let best: Weighed | undefined;
  for (const given of (input.given ?? []).slice(0, MOST_GIVEN)) {
    const score = await scoreAlignment(input, given.matrix, given.deformation);
    if (best === undefined || points(score) > points(best.score)) best = { given, score };
  }
  return best;
}

const kindOf = ({ deformation }: GivenRegistration) =>
  deformation?.field === undefined ? 'registration object' : 'deformable registration object';

const outcome = (
  { given }: Weighed,
  used: boolean,
  reason: string,
): { readonly foreign: ForeignOutcome } => ({
  foreign: { sopInstanceUid: given.sopInstanceUid, used, reason },
});

function byGiven({ given, score }: Weighed, against: string, uncertaintyMm: number | null): Alignment {
  const reason = `The ${kindOf(given)} of another system is used: it scores ${score?.score}${against}.`;
  const { foreign } = outcome({ given, score }, true, reason);
  return {
    used: 'given',
    matrix: given.matrix,
    ...(given.deformation?.field === undefined
      ? { foreign }
      : { deformation: given.deformation, foreign: { ...foreign, deforms: true } }),
    uncertaintyMm,
    reason,
    score,
    ...(given.method === undefined ? {} : { method: given.method }),
  };
}

/** Our own rigid registration, started where another system's leads, where it is clearly better than that. */
async function improvedOn(
  { given, score }: Weighed,
  own: Rigid | string,
  input: AlignInput,
): Promise<Alignment | undefined> {
  // A deformation is not refined rigidly.
  if (typeof own === 'string' || !own.isConfirmed || given.deformation !== undefined) return undefined;
  if (score?.class === 'green') return undefined;
  const better = await scoreAlignment(input, own.matrix);
  if (points(better) - points(score) < WORTH_CORRECTING) return undefined;
  const { matrix, uncertaintyMm } = own;
  const reason = `Registered rigidly from the ${kindOf(given)} of another system, which scores ${score?.score}; it scores ${better?.score}.`;
  return {
    used: 'rigid',
    matrix,
    uncertaintyMm,
    reason,
    score: better,
    ...outcome({ given, score }, true, reason),
  };
}

/**
 * Different frames of reference: nothing is fused without a registration that the score can judge in at least one
 * region: that of another system, or our own where a second start confirms it, since the metric alone has firm optima
 * that are wrong.
 */
async function alignFrames(input: AlignInput): Promise<Alignment> {
  const weighed = await bestGiven(input);
  const isGood = weighed !== undefined && points(weighed.score) >= 0 && isWrong(weighed.score) === undefined;
  const found = await rigid(input, isGood ? weighed.given.matrix : 'search');
  const uncertaintyMm = typeof found === 'string' ? null : found.uncertaintyMm;
  if (isGood) {
    const given = byGiven(weighed, ', and PET and CT have different frames of reference', uncertaintyMm);
    return (await improvedOn(weighed, found, input)) ?? given;
  }
  const left =
    weighed === undefined
      ? {}
      : outcome(weighed, false, isWrong(weighed.score)?.reason ?? 'no region of the body confirms it');
  const none = (why: string, score: AlignmentScore | null = null): Alignment => ({
    used: 'none',
    matrix: identity,
    uncertaintyMm,
    reason: `different frames of reference, and ${why}`,
    score,
    ...left,
  });
  if (typeof found === 'string' || !found.isConfirmed) {
    const why =
      typeof found === 'string' ? found : 'a second start of the registration does not confirm the first';
    return none(`no registration can be trusted: ${why}`);
  }
  const score = await scoreAlignment(input, found.matrix);
  const wrong = isWrong(score);
  if (wrong !== undefined) return none(wrong.reason, score);
  if (score === null || score.score === null) {
    return none(
      `nothing confirms the registration: ${score?.reason ?? 'without CT anatomy it cannot be judged'}`,
    );
  }
  return {
    used: 'rigid',
    matrix: found.matrix,
    uncertaintyMm,
    reason: 'Different frames of reference, registered rigidly.',
    score,
    ...left,
  };
}

/**
 * One frame of reference: the scanner's alignment stays unless another system's registration scores at least as well,
 * or a confirmed rigid movement clearly better.
 */
async function checkAlignment(input: AlignInput): Promise<Alignment> {
  const kept = await scoreAlignment(input, identity);
  const weighed = await bestGiven(input);
  const isBetter =
    weighed !== undefined &&
    points(weighed.score) >= Math.max(0, points(kept)) &&
    isWrong(weighed.score) === undefined;
  const found = await rigid(input, isBetter ? weighed.given.matrix : 'identity');
  const uncertaintyMm = typeof found === 'string' ? null : found.uncertaintyMm;
  if (isBetter) {
    const given = byGiven(weighed, `, the scanner's alignment ${kept?.score ?? 'nothing'}`, uncertaintyMm);
    return (await improvedOn(weighed, found, input)) ?? given;
  }
  const left =
    weighed === undefined
      ? {}
      : outcome(
          weighed,
          false,
          isWrong(weighed.score)?.reason ??
            (kept === null || weighed.score?.score === null
              ? 'nothing can be judged by the score'
              : `it scores ${weighed.score?.score}, the scanner's alignment ${kept.score}`),
        );
  const keep = (why: string): Alignment => ({
    used: 'identity',
    matrix: identity,
    uncertaintyMm,
    reason: `The scanner's alignment is used: ${why}.`,
    score: kept,
    ...left,
  });
  if (typeof found === 'string') return keep(`no registration was possible (${found})`);
  const moved = `a rigid movement of up to ${found.movementMm.toFixed(1)} mm`;
  if (kept === null) return keep('without CT anatomy nothing can be judged better');
  if (kept.score === null) return keep(`${kept.reason}, so that no movement can be judged better`);
  if (kept.class === 'green') return keep('it scores well');
  if (found.movementMm < WORTH_MOVING_MM) return keep(`${moved} is less than such images can show`);
  if (!found.isConfirmed) return keep(`${moved} was not confirmed by a second start`);
  const corrected = await scoreAlignment(input, found.matrix);
  const gained = points(corrected) - kept.score;
  if (gained < WORTH_CORRECTING) {
    const kept = keep(`${moved} does not score clearly better`);
    if (!(gained >= WORTH_PROPOSING)) return kept;
    const { matrix, movementMm } = found;
    return { ...kept, proposal: { matrix, score: corrected!.score!, movementMm } };
  }
  return {
    used: 'rigid',
    matrix: found.matrix,
    uncertaintyMm,
    reason: `Corrected: ${moved} scores ${corrected?.score} instead of ${kept.score}.`,
    score: corrected,
    ...left,
  };
}

/** Registers PET to CT, judges the result, and decides which alignment is used. */
export const alignPetToCt: Step<AlignInput, Alignment> = {
  name: 'align',
  version: '3',
  resource: 'cpu',
  run: (input) => {
    if (input.byHand !== undefined) return alignByHand(input, input.byHand);
    return input.frameOfReferenceShared ? checkAlignment(input) : alignFrames(input);
  },
};
