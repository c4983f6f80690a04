import { PhotopeakError, type Vec3 } from '@photopeak/imaging';
import {
  type ArmPosition,
  type FissureKind,
  fissureKinds,
  type RemovableOrgan,
  removableOrgans,
  type Sex,
} from './anatomy/index.ts';
import { type LesionRequest, lesionSites } from './lesions.ts';
import type { GridPlan, PhantomSize, ScannerStyle } from './scanners.ts';
import type { ContrastPhase, TissueName } from './tissues.ts';
import { type PhantomTracer, phantomTracers } from './tracers.ts';

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
  /** What was injected: physiological uptake, lesions and half-life follow it. Default fdg. */
  readonly tracer?: PhantomTracer;
  /** Left ventricle with strong uptake of FDG; absent: drawn. */
  readonly heartUptake?: boolean;
  /**
   * A later examination of the same person, from 1; 0 is the first. Anatomy and places of lesions stay; day, dose,
   * weight, uptake, noise, position on the couch, posture and breathing are others, and lesions follow their course.
   */
  readonly visit?: number;
  /** Contrast medium in CT: `true` or `portal` for the portal venous phase, `arterial` for the arterial. Default none. */
  readonly contrast?: boolean | ContrastPhase;
  /** Organs that this person lacks; fat lies in their place. Default none. */
  readonly absent?: readonly RemovableOrgan[];
  /**
   * Lungs with lobes: vessels stay in theirs, and CT shows the fissures between them whole, with gaps or not at all.
   * Absent: lungs without lobes.
   */
  readonly fissures?: FissureKind;
  /** How far the individual bending of the body goes, in mm (one standard deviation at its knots). Default 7. */
  readonly warpMm?: number;
  /** Factor on the noise of both modalities: 1 as the scanner, 0 none. Default 1. */
  readonly noise?: number;
  /** Other grids than those of the size; both reach from the vertex down and lie centred on the scanner's axis. */
  readonly grids?: { readonly ct?: GridPlan; readonly pet?: GridPlan };
  /** Overrides the scanner's PET resolution, FWHM in mm. */
  readonly petFwhmMm?: number;
  /** Mean SUVbw of tissues for another tracer than FDG; what is not named keeps that of FDG. */
  readonly uptake?: TissueUptake;
}

export type TissueUptake = Readonly<Partial<Record<TissueName, number>>>;

/** Largest values that the drawing bears without tearing. */
const LIMITS = {
  breathingMm: 35,
  shiftMm: 80,
  rotationDegrees: 20,
  lesionRadiusMm: 40,
  lesions: 40,
  visits: 20,
  warpMm: 14,
} as const;

function refuse(option: string, expected: string, found: unknown): never {
  throw new PhotopeakError(`The phantom cannot be made with this ${option}`, {
    code: 'PHANTOM_OPTION_INVALID',
    where: option,
    expected,
    found: String(found),
    remedy: 'see docs/phantoms.md for the options and their ranges',
  });
}

function within(option: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) refuse(option, `a number from ${low} to ${high}`, value);
}

/** Throws `PHANTOM_OPTION_INVALID` for what no phantom can be made from. */
export function checkOptions(options: PetctPhantomOptions): void {
  if (!Number.isSafeInteger(options.seed) || options.seed < 0) {
    refuse('seed', 'a whole number from 0', options.seed);
  }
  within(
    'respiratoryMismatchMm',
    options.respiratoryMismatchMm ?? 0,
    -LIMITS.breathingMm,
    LIMITS.breathingMm,
  );
  for (const plan of [options.grids?.ct, options.grids?.pet]) {
    // Part of a body may be one slice.
    for (const [axis, count] of (plan?.size ?? []).entries())
      within('grids.size', count, axis === 2 ? 1 : 8, 1024);
    for (const spacing of plan?.spacingMm ?? []) within('grids.spacingMm', spacing, 0.3, 30);
    within('grids.belowTopMm', plan?.belowTopMm ?? 0, 0, 2000);
  }
  if (!Number.isSafeInteger(options.visit ?? 0)) refuse('visit', 'a whole number from 0', options.visit);
  within('visit', options.visit ?? 0, 0, LIMITS.visits);
  within('warpMm', options.warpMm ?? 0, 0, LIMITS.warpMm);
  for (const organ of options.absent ?? []) {
    if (!removableOrgans.includes(organ)) refuse('absent', removableOrgans.join(', '), organ);
  }
  if (options.fissures !== undefined && !fissureKinds.includes(options.fissures))
    refuse('fissures', fissureKinds.join(', '), options.fissures);
  if (!phantomTracers.includes(options.tracer ?? 'fdg'))
    refuse('tracer', phantomTracers.join(', '), options.tracer);
  within('noise', options.noise ?? 1, 0, 10);
  within('petFwhmMm', options.petFwhmMm ?? 5, 1, 20);
  for (const suv of Object.values(options.uptake ?? {})) within('uptake', suv, 0, 500);
  for (const shift of options.rigidMismatch?.shiftMm ?? []) {
    within('rigidMismatch.shiftMm', shift, -LIMITS.shiftMm, LIMITS.shiftMm);
  }
  for (const angle of options.rigidMismatch?.rotationDegrees ?? []) {
    within('rigidMismatch.rotationDegrees', angle, -LIMITS.rotationDegrees, LIMITS.rotationDegrees);
  }
  if (typeof options.lesions === 'number') within('lesions', options.lesions, 0, LIMITS.lesions);
  if (typeof options.lesions !== 'object') return;
  within('lesions', options.lesions.length, 0, LIMITS.lesions);
  for (const { kind, radiusMm, suv, site, course } of options.lesions) {
    for (const state of [{ radiusMm, suv }, ...(course ?? [])]) {
      within('lesion radiusMm', state?.radiusMm ?? 10, 1, LIMITS.lesionRadiusMm);
      within('lesion suv', state?.suv ?? 5, 0, 100);
    }
    const known = lesionSites[kind];
    if (known === undefined) refuse('lesion kind', Object.keys(lesionSites).join(', '), kind);
    if (site !== undefined && !known.includes(site)) refuse('lesion site', known.join(', '), site);
  }
}
