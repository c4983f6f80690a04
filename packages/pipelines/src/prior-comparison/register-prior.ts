import { registerRigid } from '@photopeak/analysis';
import { identity, type Mat4, PhotopeakError, type Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';

export interface PriorRegistrationInput {
  /** The CT of the current study, HU. */
  readonly currentCt: Volume;
  readonly priorCt: Volume;
}

/** Where a study from before lies in the current one. */
export interface PriorRegistration {
  readonly used: 'rigid' | 'none';
  readonly reason: string;
  /** LPS mm, from the CT of the prior study to the CT of the current one. */
  readonly matrix: Mat4;
  readonly uncertaintyMm: number | null;
  readonly expectedErrorMm: number;
}

/** A result that a second start does not confirm to this is not used. */
const TRUSTED_MM = 4;
/** What breathing and posture leave of a rigid registration at a lesion, as measured on phantoms. */
const EXPECTED_ERROR_MM = 5;

const none = (reason: string, uncertaintyMm: number | null): PriorRegistration => ({
  used: 'none',
  reason,
  matrix: identity,
  uncertaintyMm,
  expectedErrorMm: 0,
});

/** Registers the CT of a study from before to that of the current one; two studies never share a frame of reference. */
export const registerPrior: Step<PriorRegistrationInput, PriorRegistration> = {
  name: 'register',
  version: '1',
  resource: 'cpu',
  run: async ({ currentCt, priorCt }) => {
    try {
      const result = await registerRigid(currentCt, priorCt, { initial: 'search' });
      const uncertaintyMm = result.uncertaintyMm ?? null;
      if (uncertaintyMm === null || uncertaintyMm > TRUSTED_MM) {
        const by = uncertaintyMm === null ? '' : `, ${uncertaintyMm.toFixed(1)} mm away`;
        return none(`a second start of the registration ends elsewhere${by}`, uncertaintyMm);
      }
      return {
        used: 'rigid',
        reason: `rigid, confirmed by a second start to ${uncertaintyMm.toFixed(1)} mm`,
        matrix: result.matrix,
        uncertaintyMm,
        expectedErrorMm: EXPECTED_ERROR_MM,
      };
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
      return none(error.message, null);
    }
  },
};
