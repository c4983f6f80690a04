import { type CtAnatomy, registrationScore } from '@photopeak/analysis';
import type { Mat4, Vec3, Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import type { PetctSummary } from './summary.ts';

type Registration = NonNullable<PetctSummary['registration']>;

export interface ScoreInput {
  readonly ct: Volume;
  readonly pet: Volume;
  readonly anatomy: CtAnatomy;
  /** PET to CT, LPS mm. */
  readonly petToCt: Mat4;
}

export interface AlignmentScore {
  readonly score: number | null;
  readonly class: Registration['class'];
  readonly reason: string;
  readonly regions: Registration['regions'];
}

const direction = (shift: Vec3): string => shift.map((mm) => mm.toFixed(1)).join(', ');

/** How well PET and CT fit with the alignment in use, region by region. */
export const scoreAlignment: Step<ScoreInput, AlignmentScore> = {
  name: 'score-alignment',
  version: '1',
  resource: 'cpu',
  run: async ({ ct, pet, anatomy, petToCt }) => {
    const result = await registrationScore(ct, pet, { anatomy, ctFromPet: petToCt });
    return {
      score: result.score ?? null,
      class: result.class === 'unknown' ? null : result.class,
      reason: result.reason,
      regions: result.regions.map(({ name, mm, shift, spreadMm, method }) => ({
        name,
        misalignmentMm: mm,
        reason: `PET against CT (${direction(shift)}) mm in LPS, scatter ${spreadMm.toFixed(1)} mm, by ${method}`,
      })),
    };
  },
};
