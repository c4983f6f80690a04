import { type LandmarkPair, type Nudge, nudged, rigidFromLandmarks } from '@photopeak/analysis';
import { isRigid } from '@photopeak/dicom';
import { identity, type Mat4 } from '@photopeak/imaging';
import { z } from 'zod';

const matrix = z
  .array(z.number())
  .length(16)
  .refine(
    (m) => isRigid(m) && [0, 0, 0, 1].every((value, i) => m[12 + i] === value),
    'a rotation and a shift: no mirror image, no scaling, last row 0 0 0 1',
  );

/** A rigid registration that a person set, as a parameter of a run: moving to fixed, LPS mm, row-major 4×4. */
export const alignmentByHand = z.strictObject({
  matrix,
  /** The registration that it replaces, for comparison. */
  from: matrix.default([...identity]),
  /** By eye, or through points marked in both images. */
  means: z.enum(['nudge', 'landmarks']),
  /** What remains between the landmarks, mm. */
  rmsMm: z.number().min(0).optional(),
  /** Name of the person. */
  by: z.string().min(1).max(128),
});
export type AlignmentByHand = z.infer<typeof alignmentByHand>;

/** How a person moves the moving image: by mm and degrees about a point of the fixed image, or to landmarks. */
export type MovementByHand =
  | { readonly nudge: Nudge }
  | {
      /** Points of the fixed image, and of the moving image where its own header puts them. */
      readonly landmarks: readonly LandmarkPair[];
    };

/**
 * The registration that a person's movement makes of the one before (`from`, moving to fixed), on which landmarks do not
 * build; with what remains between each pair of them.
 * @throws PhotopeakError REGISTRATION_LANDMARKS
 */
export function setByHand(
  from: Mat4,
  movement: MovementByHand,
  by: string,
): { readonly alignment: AlignmentByHand; readonly residualsMm: readonly number[] } {
  const before = { from: [...from], by };
  if ('nudge' in movement) {
    const matrix = [...nudged(from, movement.nudge)];
    return { alignment: { ...before, means: 'nudge', matrix }, residualsMm: [] };
  }
  const { matrix, rmsMm, residualsMm } = rigidFromLandmarks(movement.landmarks);
  return { alignment: { ...before, means: 'landmarks', matrix: [...matrix], rmsMm }, residualsMm };
}
