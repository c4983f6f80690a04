import { PhotopeakError, transformPoint, type Vec3, type Volume } from '@photopeak/imaging';
import { registerRigid } from './register-rigid.ts';

/** How a patient lay during one frame of a dynamic study against another frame. */
export interface FrameMotion {
  /** Movement of the body's middle, LPS mm, from the reference to this frame. */
  readonly shiftMm: Vec3;
  /** The largest movement of a corner of the box around the body: it also holds turns. */
  readonly largestMm: number;
  /** How far a second optimisation from elsewhere ends from the first. */
  readonly uncertaintyMm: number;
}

/** A movement that a second start does not confirm to this is none, mm: about the resolution of PET. */
const TRUSTED_MM = 4;

/**
 * Rigid movement of the body between two frames of one frame of reference, by mutual information, which does not mind that
 * uptake changes from frame to frame. A text says why nothing can be told: too few counts, or uptake only in vessels.
 */
export function frameMotion(reference: Volume, frame: Volume): FrameMotion | string {
  try {
    const { pull, bodyCorners, uncertaintyMm } = registerRigid(reference, frame);
    if (uncertaintyMm === undefined) return 'no second start confirms it';
    if (uncertaintyMm > TRUSTED_MM)
      return `a second start ends ${uncertaintyMm.toFixed(0)} mm from the first`;
    const moved = bodyCorners.map((corner): Vec3 => {
      const to = transformPoint(pull, corner);
      return [to[0] - corner[0], to[1] - corner[1], to[2] - corner[2]];
    });
    const middle = ([0, 1, 2] as const).map(
      (axis) => moved.reduce((sum, shift) => sum + shift[axis], 0) / moved.length,
    );
    return {
      shiftMm: middle as unknown as Vec3,
      largestMm: Math.max(...moved.map((shift) => Math.hypot(...shift))),
      uncertaintyMm,
    };
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    return error.message;
  }
}
