import { type RigidResult, registerRigid } from '@photopeak/analysis';
import {
  identity,
  type Mat4,
  PhotopeakError,
  transformPoint,
  type Vec3,
  type Volume,
} from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';

export interface RegisterInput {
  readonly ct: Volume;
  readonly pet: Volume;
  readonly frameOfReferenceShared: boolean;
}

/** How the PET is brought to the CT. */
export interface Alignment {
  readonly used: 'identity' | 'rigid' | 'none';
  readonly reason: string;
  /** LPS mm, moving PET to fixed CT. */
  readonly matrix: Mat4;
  readonly uncertaintyMm: number | null;
  /** Largest movement of a corner of the body under the rigid result, mm. */
  readonly movementMm: number | null;
  readonly nmi: number | null;
}

/** A shift that is smaller than half a PET resolution is not corrected: the scanner's alignment is as good. */
const WORTH_CORRECTING_MM = 5;
/** A result that the second start does not confirm to this is not used. */
const TRUSTED_MM = 4;

function largestMovement({ matrix, bodyCorners }: RigidResult): number {
  const moved = bodyCorners.map((corner: Vec3) => {
    const to = transformPoint(matrix, corner);
    return Math.hypot(to[0] - corner[0], to[1] - corner[1], to[2] - corner[2]);
  });
  return Math.max(...moved);
}

/**
 * PET and CT of one frame of reference keep the scanner's alignment unless a confirmed rigid movement says otherwise.
 * In different frames nothing is fused without a registration that was confirmed.
 */
export const registerVolumes: Step<RegisterInput, Alignment> = {
  name: 'register',
  version: '1',
  resource: 'cpu',
  run: async ({ ct, pet, frameOfReferenceShared }) => {
    const none = (reason: string): Alignment => ({
      used: frameOfReferenceShared ? 'identity' : 'none',
      reason,
      matrix: identity,
      uncertaintyMm: null,
      movementMm: null,
      nmi: null,
    });
    let result: RigidResult;
    try {
      result = await registerRigid(ct, pet, { initial: frameOfReferenceShared ? 'identity' : 'search' });
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
      return none(`no registration was possible: ${error.message}`);
    }
    const movementMm = largestMovement(result);
    const uncertaintyMm = result.uncertaintyMm ?? null;
    const isConfirmed = uncertaintyMm !== null && uncertaintyMm <= TRUSTED_MM;
    const common = { uncertaintyMm, movementMm, nmi: result.metric.value };
    const moved = `${movementMm.toFixed(1)} mm`;
    if (frameOfReferenceShared) {
      if (movementMm < WORTH_CORRECTING_MM || !isConfirmed) {
        const why =
          movementMm < WORTH_CORRECTING_MM
            ? `a rigid registration moves the body by at most ${moved}`
            : `a rigid movement of ${moved} was not confirmed by a second start`;
        return {
          ...common,
          used: 'identity',
          matrix: identity,
          reason: `the scanner's alignment is used: ${why}`,
        };
      }
      return {
        ...common,
        used: 'rigid',
        matrix: result.matrix,
        reason: `corrected rigidly: the body moved by up to ${moved} between PET and CT`,
      };
    }
    if (!isConfirmed) {
      return {
        ...common,
        used: 'none',
        matrix: identity,
        reason:
          'different frames of reference, and a second start of the registration does not confirm the first',
      };
    }
    return {
      ...common,
      used: 'rigid',
      matrix: result.matrix,
      reason: 'different frames of reference, registered rigidly',
    };
  },
};
