import { type Deformation, registerDeformable, registerRigid } from '@photopeak/analysis';
import { identity, invert, type Mat4, PhotopeakError, type Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';

export interface PriorRegistrationInput {
  /** The CT of the current study, HU. */
  readonly currentCt: Volume;
  readonly priorCt: Volume;
  /** Whether a deformable registration is tried. */
  readonly kind: 'rigid' | 'deformable';
}

/** Where a study from before lies in the current one. */
export interface PriorRegistration {
  readonly used: 'rigid' | 'deformable' | 'none';
  readonly reason: string;
  /** From a point of the current CT to the prior one. */
  readonly deformation: Deformation;
  /** LPS mm, from the CT of the prior study to the CT of the current one. */
  readonly matrix: Mat4;
  readonly uncertaintyMm: number | null;
  readonly expectedErrorMm: number;
}

/** A result that a second start does not confirm to this is not used. */
const TRUSTED_MM = 4;
/** What breathing and posture leave of a registration at a lesion; the 95th percentile on phantoms. */
const EXPECTED_ERROR_MM = { rigid: 5, deformable: 4 } as const;

const none = (reason: string, uncertaintyMm: number | null): PriorRegistration => ({
  used: 'none',
  reason,
  deformation: { pull: identity },
  matrix: identity,
  uncertaintyMm,
  expectedErrorMm: 0,
});

/** Registers the CT of a study from before to that of the current one; two studies never share a frame of reference. */
export const registerPrior: Step<PriorRegistrationInput, PriorRegistration> = {
  name: 'register',
  version: '1',
  resource: 'cpu',
  run: async ({ currentCt, priorCt, kind }) => {
    try {
      const result = await registerRigid(currentCt, priorCt, { initial: 'search' });
      const uncertaintyMm = result.uncertaintyMm ?? null;
      if (uncertaintyMm === null || uncertaintyMm > TRUSTED_MM) {
        const by = uncertaintyMm === null ? '' : `, ${uncertaintyMm.toFixed(1)} mm away`;
        return none(`a second start of the registration ends elsewhere${by}`, uncertaintyMm);
      }
      const { matrix } = result;
      const confirmed = `rigid, confirmed by a second start to ${uncertaintyMm.toFixed(1)} mm`;
      const found =
        kind === 'rigid'
          ? null
          : await registerDeformable(currentCt, priorCt, {
              kind: 'ct-ct',
              initial: matrix,
              keepInitial: true,
            });
      const used = found?.used ?? 'rigid';
      return {
        used,
        reason: found === null ? confirmed : `${confirmed}. ${found.reason}`,
        deformation: found?.deformation ?? { pull: invert(matrix) },
        matrix,
        uncertaintyMm,
        expectedErrorMm: EXPECTED_ERROR_MM[used],
      };
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
      return none(error.message, null);
    }
  },
};
