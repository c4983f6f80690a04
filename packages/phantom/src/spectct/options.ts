import { PhotopeakError, type Vec3 } from '@photopeak/imaging';
import type { LesionRequest } from '../petct/lesions.ts';
import type { GridPlan } from '../petct/scanners.ts';
import type { SpectTracer } from './tracers.ts';

export interface SpectctPhantomOptions {
  /** Whole number; everything that is not given below is drawn from it. */
  readonly seed: number;
  /** Default bone. */
  readonly tracer?: SpectTracer;
  /** The lesions, or how many; default two. Uptake that is not given is drawn for the tracer. */
  readonly lesions?: readonly LesionRequest[] | number;
  /** Hours after administration, one image each, the earliest first. Default: one, as is usual for the tracer. */
  readonly hours?: readonly number[];
  /** How far the patient has moved between CT and SPECT, in the one frame of reference of both: LPS mm. Default none. */
  readonly movedMm?: Vec3;
  /** How much lower the diaphragm lies in the CT, mm. Default 0. */
  readonly respiratoryMismatchMm?: number;
  /** Factor on the noise, 0 for none. Default 1. */
  readonly noise?: number;
  /** Resolution of the finished image, full width at half maximum, mm. Default 11. */
  readonly fwhmMm?: number;
  /** Grids of CT and SPECT; both reach from the vertex down. Default 128 × 128 × 160 and 96 × 96 × 150. */
  readonly grids?: { readonly ct?: GridPlan; readonly spect?: GridPlan };
}

const refuse = (option: string, expected: string, found: unknown): never => {
  throw new PhotopeakError('no SPECT/CT phantom can be made from an option', {
    code: 'PHANTOM_OPTION_INVALID',
    expected,
    found: String(found),
    where: option,
  });
};

/** What petctPhantom does not check. Throws `PHANTOM_OPTION_INVALID`. */
export function checkSpectOptions({ hours, fwhmMm, noise, movedMm }: SpectctPhantomOptions): void {
  const within = (option: string, value: number | undefined, low: number, high: number) => {
    if (value !== undefined && !(value >= low && value <= high))
      refuse(option, `a number from ${low} to ${high}`, value);
  };
  hours?.forEach((hour, index) => {
    within('hours', hour, 0.5, 400);
    if (index > 0 && hour <= hours[index - 1]!) refuse('hours', 'rising numbers', hours.join(', '));
  });
  if (hours?.length === 0) refuse('hours', 'at least one', 'none');
  within('fwhmMm', fwhmMm, 4, 20);
  within('noise', noise, 0, 5);
  for (const mm of movedMm ?? []) within('movedMm', mm, -80, 80);
}
