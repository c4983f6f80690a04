import type { Vec3 } from '@photopeak/imaging';
import type { ArmPosition, Sex } from './anatomy/index.ts';
import type { LesionRequest } from './lesions.ts';
import type { PhantomSize, ScannerStyle } from './scanners.ts';

export interface PetctPhantomOptions {
  /** Whole number; everything that is not given below is drawn from it. */
  readonly seed: number;
  /** `small` takes seconds and is meant for tests; `full` is 512×512×300 CT and 200×200×225 PET. Default small. */
  readonly size?: PhantomSize;
  /** Whose scanner is imitated. Default ge. */
  readonly style?: ScannerStyle;
  readonly sex?: Sex;
  readonly arms?: ArmPosition;
  /** The lesions, or how many; absent: three to seven. An empty list makes a study without lesions. */
  readonly lesions?: readonly LesionRequest[] | number;
  /**
   * How much lower (feet) the diaphragm lies in CT than in PET, in mm: positive for a CT in deeper inspiration.
   * Default 0.
   */
  readonly respiratoryMismatchMm?: number;
  /**
   * Patient moved between CT and PET: a point of the PET frame turns about the middle of the body and shifts to its
   * place in the CT frame. The two series then have different Frames of Reference.
   */
  readonly rigidMismatch?: { readonly shiftMm: Vec3; readonly rotationDegrees: Vec3 };
  /** Left ventricle with strong uptake; absent: drawn. */
  readonly heartUptake?: boolean;
  /** Portal venous contrast medium in CT. Default false. */
  readonly contrast?: boolean;
  /** Factor on the noise of both modalities: 1 as the scanner, 0 none. Default 1. */
  readonly noise?: number;
  /** Overrides the scanner's PET resolution, FWHM in mm. */
  readonly petFwhmMm?: number;
}
