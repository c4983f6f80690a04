import {
  type LesionShape,
  type LesionTrack,
  type LesionValues,
  matchLesions,
  together,
  trackLesions,
} from '@photopeak/analysis';
import type { Vec3, Volume } from '@photopeak/imaging';
import type { Step } from '../pipeline.ts';
import { centroid, leftDoubt, leftOver, type Residual } from './left-over.ts';
import { type ExaminationLesions, shapesOf } from './shapes.ts';

export interface CompareInput {
  /** The oldest first; the last is the current study. */
  readonly examinations: readonly ExaminationLesions[];
  /** SUV of the current study. */
  readonly currentPet: Volume;
}

export interface ComparedTrack {
  readonly track: Omit<LesionTrack, 'points'>;
  /** Of the current PET. */
  readonly position: Vec3;
  readonly values: readonly (LesionValues | null)[];
  /** What is left now where the lesion is gone. */
  readonly residual: Residual | null;
  readonly doubt: string | null;
}

/** Overlap from which uptake that was set aside may be the same lesion. */
export const SAME_PLACE = 0.2;

/** Follows the lesions through the examinations, measures them and what is left of them. */
export const compareLesions: Step<CompareInput, readonly ComparedTrack[]> = {
  name: 'compare',
  version: '1',
  resource: 'cpu',
  run: async ({ examinations, currentPet }) => {
    const shapes = examinations.map((examination) => ({
      lesions: shapesOf(examination, examination.regions.lesions),
      aside: shapesOf(examination, examination.regions.physiological),
      errorMm: examination.errorMm,
    }));
    const tracks = trackLesions(shapes);
    const last = examinations.length - 1;
    return tracks.map(({ points, ...track }): ComparedTrack => {
      const values = track.at.map((ids, order) => valuesOf(examinations[order]!, ids));
      const isGone = track.mergedInto === null && track.at[last]?.length === 0;
      const shape: LesionShape = { id: 'track', points, voxelMm: currentPet.spacingMm };
      const before = last > 0 && track.first.timePoint === last ? last - 1 : null;
      const lookAt = isGone ? last : before;
      const residual = isGone ? leftOver(currentPet, points) : null;
      const setAside =
        lookAt === null
          ? null
          : doubtOf(shape, shapes[lookAt]!, examinations[lookAt]!, isGone ? 'now' : 'before');
      return {
        track,
        position: centroid(points),
        values,
        residual,
        doubt: setAside ?? leftDoubt(currentPet, points, residual),
      };
    });
  },
};

/** The findings of one examination that are a lesion, as one. */
function valuesOf({ regions, diameters }: ExaminationLesions, ids: readonly string[]): LesionValues | null {
  const lesions = regions.lesions
    .filter(({ id }) => ids.includes(id))
    .map((lesion) => ({ ...lesion, diameterMm: diameters[lesion.id] ?? 0 }));
  return lesions.length === 0 ? null : together(lesions);
}

/** Uptake at the place of a lesion that the other examination shows but set aside. */
function doubtOf(
  shape: LesionShape,
  { aside, errorMm }: { readonly aside: readonly LesionShape[]; readonly errorMm: number },
  { regions }: ExaminationLesions,
  when: 'before' | 'now',
): string | null {
  const [match] = matchLesions([shape], aside, { registrationErrorMm: errorMm }).filter(
    ({ prior, current, overlap }) => prior.length > 0 && current.length > 0 && (overlap ?? 0) >= SAME_PLACE,
  );
  const region = regions.physiological.find(({ id }) => id === match?.current[0]);
  if (region === undefined) return null;
  const kind = region.physiological?.kind ?? 'physiological';
  return `uptake is there ${when}, SUVmax ${region.suvMax.toFixed(2)}, set aside as ${kind} (${region.id})`;
}
