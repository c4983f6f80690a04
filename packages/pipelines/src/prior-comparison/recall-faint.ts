import { type LesionShape, matchLesions } from '@photopeak/analysis';
import type { LabelledLesion, LabelledRegions } from '../petct-oncology/parts.ts';
import type { Step } from '../pipeline.ts';
import { SAME_PLACE } from './compare.ts';
import { type ExaminationLesions, shapesOf } from './shapes.ts';

const isFaint = ({ physiological }: LabelledLesion): boolean => physiological?.kind === 'faint';

/**
 * Uptake that one examination alone calls too faint for a lesion, at the place of a lesion of another one that would
 * else be gone there, or new: it is that lesion, shrunken or on its way. Uptake that an organ explains stays aside.
 * Answers the ids of such uptake at each examination.
 */
export const recallFaint: Step<readonly ExaminationLesions[], readonly (readonly string[])[]> = {
  name: 'recall-faint',
  version: '1',
  resource: 'cpu',
  run: async (examinations) => {
    const shapes = examinations.map((examination) => ({
      lesions: shapesOf(examination, examination.regions.lesions),
      faint: shapesOf(examination, examination.regions.physiological.filter(isFaint)),
    }));
    return shapes.map(({ lesions, faint }, at) => {
      if (faint.length === 0) return [];
      const recalled = shapes.flatMap((other, order) => {
        if (order === at || other.lesions.length === 0) return [];
        const errorMm = Math.max(examinations[at]!.errorMm, examinations[order]!.errorMm);
        return alone(other.lesions, lesions, faint, errorMm);
      });
      return faint.map(({ id }) => id).filter((id) => recalled.includes(id));
    });
  },
};

/** Faint regions that are all there is of a lesion of another examination. */
function alone(
  elsewhere: readonly LesionShape[],
  lesions: readonly LesionShape[],
  faint: readonly LesionShape[],
  registrationErrorMm: number,
): readonly string[] {
  const ids = new Set(faint.map(({ id }) => id));
  return matchLesions(elsewhere, [...lesions, ...faint], { registrationErrorMm }).flatMap(
    ({ prior, current, overlap }) =>
      prior.length > 0 && (overlap ?? 0) >= SAME_PLACE && current.every((id) => ids.has(id)) ? current : [],
  );
}

/** The regions of an examination with the recalled ones among its lesions. */
export function withRecalled(regions: LabelledRegions, ids: readonly string[]): LabelledRegions {
  if (ids.length === 0) return regions;
  const recalled = regions.physiological
    .filter(({ id }) => ids.includes(id))
    .map((region, index) => ({
      ...region,
      physiological: null,
      segmentNumber: regions.lesions.length + index + 1,
      label: `${region.id} ${region.site?.meaning.toLowerCase() ?? 'uptake'}, faint`,
    }));
  return {
    lesions: [...regions.lesions, ...recalled],
    physiological: regions.physiological.filter(({ id }) => !ids.includes(id)),
  };
}
