import {
  type CtAnatomy,
  type DeformableResult,
  type RegistrationKind,
  registerDeformable,
} from '@photopeak/analysis';
import { PhotopeakError, type Volume } from '@photopeak/imaging';
import type { Finding, Step } from '../pipeline.ts';
import type { EmissionAlignment } from './align.ts';

export interface EmissionDeformInput {
  /** CT or MR. */
  readonly anatomical: Volume;
  readonly emission: Volume;
  readonly kind: Extract<RegistrationKind, 'spect-ct' | 'pet-mr'>;
  readonly alignment: EmissionAlignment;
  /** With it the edges of organs judge too: of PET only, for which they are measured. */
  readonly anatomy?: CtAnatomy;
}

/**
 * Deforms an emission image to the anatomical one beyond the alignment in use, which stays its linear part, and takes that
 * over only where it is better by what was held back of it (docs/registration.md).
 */
export const deformEmission: Step<EmissionDeformInput, EmissionAlignment> = {
  name: 'deform',
  version: '1',
  resource: 'cpu',
  run: async ({ anatomical, emission, kind, alignment, anatomy }) => {
    const { matrix: initial } = alignment;
    const left = (reason: string, measured: object = {}): EmissionAlignment => ({
      ...alignment,
      deformable: { used: false, reason, ...measured },
    });
    try {
      const found = await registerDeformable(anatomical, emission, {
        kind,
        initial,
        keepInitial: true,
        ...(anatomy === undefined ? {} : { anatomy }),
      });
      const measured = measuredOf(found);
      if (found.against !== undefined)
        return left(`A deformation was tried and is not used: ${found.against}.`, measured);
      const percent = (100 * (found.evidence.heldOutShare ?? 0)).toFixed(1);
      const reason = `Beyond that it is deformed, by up to ${measured.largestMm.toFixed(0)} mm: parts of the images that took no part fit better by ${percent} %.`;
      return {
        ...alignment,
        deformation: found.deformation,
        deformable: { used: true, reason, ...measured },
      };
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
      return left(`No deformation was possible: ${error.message}.`);
    }
  },
};

const measuredOf = ({ evidence: { largestMm, meanMm, folds } }: DeformableResult) => ({
  largestMm,
  meanMm,
  smallestDeterminant: folds.smallest,
});

/** Tells the reader that an emission image is deformed. */
export function deformationFinding(
  alignment: Pick<EmissionAlignment, 'deformable'> | null,
  what: { readonly emission: string; readonly anatomical: string; readonly follows: string },
): Finding[] {
  const { deformable } = alignment ?? {};
  if (deformable?.used !== true) return [];
  return [
    {
      code: 'ALIGNMENT_DEFORMED',
      severity: 'info',
      message: `the ${what.emission} is deformed to the ${what.anatomical}, by up to ${deformable.largestMm?.toFixed(0)} mm: ${what.follows} follow; values are measured on the voxels of the ${what.emission} as it is`,
      remedy: 'judge it on the captures; deformable=never leaves it out',
    },
  ];
}
