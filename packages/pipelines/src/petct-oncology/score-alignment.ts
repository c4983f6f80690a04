import {
  type Deformation,
  deformAnatomy,
  type RegistrationScore,
  registrationScore,
} from '@photopeak/analysis';
import type { Mat4, Vec3 } from '@photopeak/imaging';
import type { AlignInput, AlignmentScore } from './alignment.ts';

const direction = (shift: Vec3): string => shift.map((mm) => mm.toFixed(1)).join(', ');

/** A score as it stands in the summary. */
export function scoreFacts(result: RegistrationScore): AlignmentScore {
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

/** How well PET and CT fit by a matrix from PET to CT, and a deformation beyond it; null without CT anatomy. */
export async function scoreAlignment(
  { ct, pet, anatomy }: Pick<AlignInput, 'ct' | 'pet' | 'anatomy'>,
  petToCt: Mat4,
  deformation?: Deformation,
): Promise<AlignmentScore | null> {
  if (anatomy === null) return null;
  const asItLay = deformation === undefined ? anatomy : await deformAnatomy(anatomy, deformation);
  return scoreFacts(await registrationScore(ct, pet, { anatomy: asItLay, ctFromPet: petToCt }));
}
