import type { CtAnatomy, Deformation, Doubt } from '@photopeak/analysis';
import { invert, type Mat4, type Volume } from '@photopeak/imaging';
import type { AlignmentByHand } from '../image-registration/index.ts';
import type { GivenRegistration } from '../study/index.ts';
import type { PetctSummary } from './summary.ts';

type Registration = NonNullable<PetctSummary['registration']>;

export interface AlignInput {
  readonly ct: Volume;
  readonly pet: Volume;
  readonly anatomy: CtAnatomy | null;
  readonly frameOfReferenceShared: boolean;
  /** What registration objects by other writers say. */
  readonly given?: readonly GivenRegistration[];
  /** Set by a person: nothing is sought. */
  readonly byHand?: AlignmentByHand | undefined;
}

export interface AlignmentScore {
  readonly score: number | null;
  readonly class: Registration['class'];
  readonly reason: string;
  readonly regions: Registration['regions'];
  /** What speaks against fusing them at all, or in a part of the body. */
  readonly doubts: readonly Doubt[];
}

/** What became of a registration object by another writer. */
export interface ForeignOutcome {
  readonly sopInstanceUid: string;
  readonly used: boolean;
  readonly reason: string;
  /** True where it is used and deforms the PET beyond its matrix. */
  readonly deforms?: true;
}

/** From a point of the CT to the PET, LPS mm; null where they are not aligned. */
export function wayToPet(alignment: Alignment | null): Deformation | null {
  if (alignment === null || alignment.used === 'none') return null;
  return alignment.deformation ?? { pull: invert(alignment.matrix) };
}

/** How the PET is brought to the CT. */
export interface Alignment {
  readonly used: Registration['used'];
  readonly reason: string;
  /** LPS mm, moving PET to fixed CT; with a deformation its linear part. */
  readonly matrix: Mat4;
  /** From the CT to the PET, where a deformation is used beyond the matrix. */
  readonly deformation?: Deformation;
  readonly uncertaintyMm: number | null;
  /** Of the alignment in use; null without CT anatomy or without an alignment. */
  readonly score: AlignmentScore | null;
  /** Who set it, where a person did. */
  readonly byHand?: AlignmentByHand;
  /** A confirmed rigid movement that scores better than the alignment in use, but not clearly: for a person to judge. */
  readonly proposal?: { readonly matrix: Mat4; readonly score: number; readonly movementMm: number };
  /** Where a deformation was tried: what came of it. */
  readonly deformable?: NonNullable<Registration['deformable']>;
  /** Of `given`, the one that was weighed. */
  readonly foreign?: ForeignOutcome;
  /** How the foreign registration in use was found, where its object says so. */
  readonly method?: GivenRegistration['method'];
}
