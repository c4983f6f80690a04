import type { Grid, Mat4, Vec3, Volume } from '@photopeak/imaging';
import type { Sex } from './anatomy/index.ts';
import type { LesionKind } from './lesions.ts';
import type { ScannerStyle } from './scanners.ts';
import { tissues } from './tissues.ts';
import type { PhantomTracer } from './tracers.ts';

export interface LesionTruth {
  /** Value of this lesion in `lesionLabels`. */
  readonly id: number;
  readonly kind: LesionKind;
  readonly site: string;
  /** Centre in the PET frame of reference, LPS mm. */
  readonly centerPetMm: Vec3;
  /** Centre of the same tissue in the CT frame of reference, LPS mm. */
  readonly centerCtMm: Vec3;
  readonly radiusMm: number;
  /** Volume of the ball, ml. */
  readonly volumeMl: number;
  /** Uptake of every point of the ball before the scanner blurs it, SUVbw. */
  readonly suvTrue: number;
  /** Mean uptake of the unblurred surroundings between 1.3 and 1.8 radii, SUVbw. */
  readonly suvBackground: number;
  /** Hottest voxel and mean of the voxels of `lesionLabels` in the image before noise, SUVbw. */
  readonly suvMaxNoiseFree: number;
  readonly suvMeanNoiseFree: number;
  /** CT number of the lesion, HU, without contrast medium. */
  readonly hu: number;
}

/** The same point of the patient in both frames. */
export interface LandmarkTruth {
  readonly name: string;
  readonly petMm: Vec3;
  readonly ctMm: Vec3;
}

export interface DoseTruth {
  readonly weightKg: number;
  readonly heightM: number;
  readonly sex: Sex;
  readonly ageYears: number;
  readonly injectedBq: number;
  readonly halfLifeSeconds: number;
  /** From injection to the reference time of the PET series. */
  readonly uptakeSeconds: number;
  /** SUVbw per Bq/ml of the PET volume (decay-corrected to the reference time of the series). */
  readonly suvFactor: number;
}

/** Displacement in mm at the nodes of a lattice, trilinear between them (interleaved x, y, z). */
export interface FieldTruth extends Grid {
  readonly data: Float32Array;
}

/** Everything that is known of a phantom study. `JSON.stringify` leaves out the voxels (see `truthToJson`). */
export interface PetctTruth {
  readonly seed: number;
  /** Of a later examination of the same person, from 1; absent at the first. */
  readonly visit?: number;
  /** Absent: FDG. */
  readonly tracer?: Exclude<PhantomTracer, 'fdg'>;
  readonly style: ScannerStyle;
  readonly scanner: string;
  readonly petFwhmMm: number;
  readonly dose: DoseTruth;
  readonly heartUptake: boolean;
  readonly contrast: boolean;
  /** Factor on the scanner's noise. */
  readonly noise: number;
  /** Mean SUVbw drawn for each tissue. */
  readonly uptake: Readonly<Record<string, number>>;
  readonly lesions: readonly LesionTruth[];
  readonly respiratoryMismatchMm: number;
  /** Maps a point of the PET frame to the CT frame; identity where the patient did not move. */
  readonly petToCtRigid: Mat4;
  readonly landmarks: readonly LandmarkTruth[];
  /**
   * Breathing between the states, on the CT frame: a point x of the CT lies, in the reference state, at x + field(x);
   * the PET frame follows by the inverse of `petToCtRigid`.
   */
  readonly breathingField: FieldTruth;
  /** Tissue labels on the CT grid; names by `tissueNames`. */
  readonly labels: Volume<Uint8Array>;
  /** Lesion ids on the PET grid: voxels whose centre lies in the ball. */
  readonly lesionLabels: Volume<Uint8Array>;
}

/** Names of the label values in `PetctTruth.labels`. */
export const tissueNames: readonly string[] = tissues.map(({ name }) => name);

/** The truth without voxel arrays, ready for `JSON.stringify`; same input, same text. */
export function truthToJson(truth: PetctTruth): Record<string, unknown> {
  const { labels, lesionLabels, breathingField, ...rest } = truth;
  const grid = ({ size, spacingMm, origin, direction }: Grid) => ({ size, spacingMm, origin, direction });
  return {
    schema: 'photopeak-petct-truth/1',
    ...rest,
    ctGrid: grid(labels),
    petGrid: grid(lesionLabels),
    breathingField: {
      ...grid(breathingField),
      largestMm: breathingField.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    },
    tissueNames,
  };
}
