import { type Deformation, type RigidResult, registerRigid } from '@photopeak/analysis';
import { identity, type Mat4, PhotopeakError, transformPoint, type Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import type { TriedDeformation } from './summary.ts';

export interface EmissionAlignInput {
  /** CT, or what stands for it. */
  readonly anatomical: Volume;
  /** PET or SPECT. */
  readonly emission: Volume;
  readonly frameOfReferenceShared: boolean;
  /** A result that a second start does not confirm to this is not used, mm. */
  readonly trustedMm: number;
}

/** How the emission image is brought to the anatomical one. */
export interface EmissionAlignment {
  readonly used: 'identity' | 'rigid' | 'none';
  readonly reason: string;
  /** Emission to anatomical image, LPS mm. */
  readonly matrix: Mat4;
  /** The largest movement of the body that a registration suggests, mm; null where it found none that holds. */
  readonly suggestedMm: number | null;
  readonly uncertaintyMm: number | null;
  /** From the anatomical image to the emission image, where a deformation is used beyond the matrix. */
  readonly deformation?: Deformation;
  /** Where a deformation was tried: what came of it. */
  readonly deformable?: TriedDeformation;
}

/**
 * Registers an emission image to an anatomical one. In one frame of reference the scanner's alignment stays in any case:
 * what the images suggest is told, and a person decides. In two nothing is fused without a registration that a second
 * start confirms.
 */
export const alignEmission: Step<EmissionAlignInput, EmissionAlignment> = {
  name: 'align',
  version: '1',
  resource: 'cpu',
  run: async ({ anatomical, emission, frameOfReferenceShared, trustedMm }) => {
    const found = await rigid(anatomical, emission, frameOfReferenceShared);
    const isConfirmed = typeof found !== 'string' && isTrusted(found, trustedMm);
    const uncertaintyMm = typeof found === 'string' ? null : (found.uncertaintyMm ?? null);
    if (frameOfReferenceShared) {
      return {
        used: 'identity',
        matrix: identity,
        suggestedMm: isConfirmed ? largestMovement(found) : null,
        uncertaintyMm,
        reason: isConfirmed
          ? "The scanner's alignment is used."
          : "The scanner's alignment is used; the images themselves neither confirm nor contradict it.",
      };
    }
    if (!isConfirmed) {
      const why =
        typeof found === 'string' ? found : 'a second start of the registration does not confirm the first';
      return {
        used: 'none',
        matrix: identity,
        suggestedMm: null,
        uncertaintyMm,
        reason: `different frames of reference, and no registration can be trusted: ${why}`,
      };
    }
    return {
      used: 'rigid',
      matrix: found.matrix,
      suggestedMm: null,
      uncertaintyMm,
      reason: 'Different frames of reference, registered rigidly.',
    };
  },
};

const isTrusted = ({ uncertaintyMm }: RigidResult, trustedMm: number): boolean =>
  uncertaintyMm !== undefined && uncertaintyMm <= trustedMm;

async function rigid(anatomical: Volume, emission: Volume, isShared: boolean): Promise<RigidResult | string> {
  try {
    return await registerRigid(anatomical, emission, { initial: isShared ? 'identity' : 'search' });
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    return error.message;
  }
}

function largestMovement({ matrix, bodyCorners }: RigidResult): number {
  const moved = bodyCorners.map((corner) => {
    const to = transformPoint(matrix, corner);
    return Math.hypot(to[0] - corner[0], to[1] - corner[1], to[2] - corner[2]);
  });
  return Math.max(...moved);
}
