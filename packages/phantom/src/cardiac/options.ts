import { PhotopeakError, type Vec3 } from '@photopeak/imaging';

/** An area of the wall with less uptake. */
export interface DefectRequest {
  /** Middle of the defect in degrees: 0 lateral, 90 anterior, 180 septal, 270 inferior. */
  readonly angleDegrees: number;
  readonly widthDegrees: number;
  /** Along the wall as shares of its length from apex (0) to valve plane (1). */
  readonly from: number;
  readonly to: number;
  /** Uptake that is left, 0 to 1. */
  readonly uptake: number;
  /** Share of the wall that is affected, from the inner surface. Default 1. */
  readonly depth?: number;
}

export type CardiacModality = 'NM' | 'PT';

export interface CardiacPhantomOptions {
  readonly seed: number;
  /** Grid, resolution and noise of a SPECT camera (NM, default) or a PET scanner (PT). */
  readonly modality?: CardiacModality;
  readonly sex?: 'M' | 'F';
  readonly defects?: readonly DefectRequest[];
  /** Defects at rest; default none. */
  readonly restDefects?: readonly DefectRequest[];
  /** Cavity at stress over cavity at rest. Default 1. */
  readonly dilation?: number;
  /** Share of the cavity that is ejected; without it the heart stands still. */
  readonly ejectionFraction?: number;
  /** Images of a heart beat. Default 8. */
  readonly gates?: number;
  /** Long axis towards the apex, LPS; default drawn around left, front and down. */
  readonly axis?: Vec3;
  /** Radius and length of the middle of the wall at rest, mm; default drawn by sex. */
  readonly radiusMm?: number;
  readonly lengthMm?: number;
  readonly wallMm?: number;
  /** How much further the wall goes on at the lateral and at the anterior side than on the axis, mm. Default none. */
  readonly valveTiltMm?: readonly [lateral: number, anterior: number];
  /** Uptake of liver and bowel over that of the heart; default drawn. */
  readonly liver?: number;
  readonly bowel?: number;
  /** Without attenuation correction the photons of the inferior wall (men) or of the front (women) are lacking. */
  readonly attenuationCorrected?: boolean;
  /** Mean counts of a voxel of normal wall; default 120 (NM), 400 (PT). */
  readonly counts?: number;
  /** Resolution of the finished image, full width at half maximum, mm; default 13 (NM), 7 (PT). */
  readonly fwhmMm?: number;
  /** Factor on the noise, 0 for none. Default 1. */
  readonly noise?: number;
  /** Voxel edge, mm; default 6.4 (NM), 4 (PT). */
  readonly voxelMm?: number;
  /** How far the heart of the CT lies from that of the emission, LPS mm. Default none. */
  readonly ctShiftMm?: Vec3;
}

export function optionError(option: string, expected: string, found: unknown): PhotopeakError {
  return new PhotopeakError('no heart phantom can be made from an option', {
    code: 'PHANTOM_OPTION_INVALID',
    expected,
    found: String(found),
    where: option,
  });
}

/** Throws `PHANTOM_OPTION_INVALID`. */
export function checkOptions(options: CardiacPhantomOptions): void {
  const within = (option: string, value: number | undefined, low: number, high: number) => {
    if (value !== undefined && !(value >= low && value <= high))
      throw optionError(option, `a number from ${low} to ${high}`, value);
  };
  if (!Number.isInteger(options.seed)) throw optionError('seed', 'a whole number', options.seed);
  within('dilation', options.dilation, 0.7, 2);
  within('ejectionFraction', options.ejectionFraction, 0.1, 0.85);
  within('gates', options.gates, 4, 32);
  within('radiusMm', options.radiusMm, 15, 45);
  within('lengthMm', options.lengthMm, 30, 90);
  within('wallMm', options.wallMm, 5, 16);
  within('fwhmMm', options.fwhmMm, 3, 25);
  within('voxelMm', options.voxelMm, 1.5, 8);
  within('noise', options.noise, 0, 5);
  for (const defect of [...(options.defects ?? []), ...(options.restDefects ?? [])]) {
    within('defects.uptake', defect.uptake, 0, 1.5);
    within('defects.depth', defect.depth, 0, 1);
    within('defects.widthDegrees', defect.widthDegrees, 1, 360);
    if (!(defect.from >= 0 && defect.to <= 1 && defect.from < defect.to))
      throw optionError('defects.from, to', '0 ≤ from < to ≤ 1', `${defect.from}, ${defect.to}`);
  }
}
