import { CALIBRATION_LIMITS, type ThresholdRule } from '@photopeak/analysis';
import { z } from 'zod';
import { alignmentByHand } from '../image-registration/index.ts';

/** Parameters of petct-oncology; every one has a default, and each is written into the result. */
export const petctParameters = z.strictObject({
  /** Whose physiological uptake is expected: `auto` takes it from the headers. */
  tracer: z
    .enum(['auto', 'fdg', 'psma', 'psma-1007', 'somatostatin', 'fapi', 'fluoride', 'unknown'])
    .default('auto'),
  /**
   * How voxels become findings: `auto` as the tracer is read; `percist` (1.5 · mean + 2 · SD of the liver) or a fixed
   * SUV; or sought as the tracer is and each outlined by itself: at a share of its maximum, at a share between
   * background and core, or where uptake falls most steeply.
   */
  threshold: z
    .enum([
      'auto',
      'percist',
      'suv2.5',
      'suv3.0',
      'suv4.0',
      'suv10',
      'percent41',
      'percent50',
      'adapted41',
      'adapted50',
      'gradient',
    ])
    .default('auto'),
  /**
   * What readers of the site taught the model, by tracer, as `photopeak lesions calibrate` prints it: the log-odds that
   * uptake is physiological become intercept + slope · log-odds. A tracer without an entry is left as it is.
   */
  uptakeCalibration: z
    .partialRecord(
      z.enum(['fdg', 'psma', 'psma-1007', 'somatostatin', 'fapi', 'fluoride']),
      z.strictObject({
        intercept: z.number().min(-CALIBRATION_LIMITS.intercept).max(CALIBRATION_LIMITS.intercept),
        slope: z.number().min(CALIBRATION_LIMITS.slope[0]).max(CALIBRATION_LIMITS.slope[1]),
      }),
    )
    .default({}),
  /** Smallest finding in ml. */
  minimumMl: z.number().min(0).max(1000).default(0.5),
  /** Also deliver the PET resampled to the CT as a derived series. */
  resampledPet: z.boolean().default(false),
  /** Also deliver every volume and label map as NIfTI-1. */
  nifti: z.boolean().default(false),
  /**
   * Whether the PET is also deformed to the CT: `auto` tries it where a region of the body is off by 6 mm or more, `always`
   * everywhere, `never` nowhere. It is used only where it is better by what was held back of it.
   */
  deformable: z.enum(['auto', 'always', 'never']).default('auto'),
  /** Encoding of the segmentations. */
  segmentation: z.enum(['binary', 'labelmap']).default('binary'),
  /**
   * A segmentation model of the site (docs/anatomy.md): the file that configures it, or `model:ID[@VERSION]` of the
   * registry of the node; empty: the own anatomy alone.
   */
  anatomyModel: z.string().default(''),
  /** At most so many lesions get a capture of their own, the hottest first. */
  captures: z.int().min(0).max(100).default(20),
  /** A registration of PET to CT that a person set: used instead of one that would be sought. */
  alignment: alignmentByHand.optional(),
});

export type PetctParameters = z.infer<typeof petctParameters>;

/** Asking for these adds objects and leaves the others as they are. */
export const petctAdditions = {
  resampledPet: false,
  nifti: false,
} as const satisfies Partial<PetctParameters>;

const RULES: Record<PetctParameters['threshold'], ThresholdRule> = {
  auto: { kind: 'tracer' },
  percist: { kind: 'percist' },
  'suv2.5': { kind: 'fixed', suv: 2.5 },
  'suv3.0': { kind: 'fixed', suv: 3 },
  'suv4.0': { kind: 'fixed', suv: 4 },
  suv10: { kind: 'fixed', suv: 10 },
  percent41: { kind: 'relative', share: 0.41 },
  percent50: { kind: 'relative', share: 0.5 },
  adapted41: { kind: 'adapted', share: 0.41 },
  adapted50: { kind: 'adapted', share: 0.5 },
  gradient: { kind: 'gradient' },
};

export const thresholdRule = (name: PetctParameters['threshold']): ThresholdRule => RULES[name];
