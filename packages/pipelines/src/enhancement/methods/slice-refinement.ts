import {
  MOST_FACTOR,
  type RefinedSlices,
  type RefineOptions,
  refinementFactor,
  refineSlices,
  type Settled,
} from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import { z } from 'zod';
import type { Finding } from '../../pipeline.ts';
import { defineMethod, type Enhanced, type EnhancementImage, type MethodFact } from '../method.ts';

const parameters = z.strictObject({
  /** Planes for each slice; 0: as many as bring their distance nearest to the pixel spacing. */
  factor: z.int().min(0).max(MOST_FACTOR).default(0),
  /** How a slice weighs what lies along its normal; auto: Gaussian for MR, box for CT. */
  profile: z.enum(['auto', 'box', 'gaussian']).default('auto'),
});

export type SliceSettings = z.infer<typeof parameters>;

/** How the slices are to be refined; null where they are no thicker than the pixels. */
export function refinementOf(
  { volume, facts }: EnhancementImage,
  { factor, profile }: SliceSettings,
): (RefineOptions & { readonly factor: number }) | null {
  const chosen = factor === 0 ? refinementFactor(volume) : factor;
  if (chosen < 2) return null;
  return {
    factor: chosen,
    profile: profile === 'auto' ? (facts.modality === 'MR' ? 'gaussian' : 'box') : profile,
    ...(facts.sliceThicknessMm === null ? {} : { sliceThicknessMm: facts.sliceThicknessMm }),
  };
}

/** What is said where there is nothing to refine. */
export function thinSlices({ spacingMm }: Volume): Enhanced {
  const [x, y, z] = spacingMm.map((mm) => mm.toFixed(2));
  return {
    volume: null,
    findings: [
      {
        code: 'ENHANCE_SLICES_THIN',
        severity: 'info',
        message: `the slices are ${z} mm apart and the pixels ${x} × ${y} mm: there is nothing to refine`,
      },
    ],
  };
}

/** Of ‖slices‖: what the refined planes, seen as slices again, may be off without a word. */
const CONSISTENT = 0.01;

/** What is said where the refined planes do not give the slices: slices that contradict each other, by noise or motion. */
export const sliceFindings = ({ consistencyError, unsettledLines }: Settled): Finding[] =>
  consistencyError <= CONSISTENT && unsettledLines === 0
    ? []
    : [
        {
          code: 'ENHANCE_SLICES_INCONSISTENT',
          severity: 'warning',
          message: `seen as slices again the result is ${(100 * consistencyError).toFixed(1)} % off what was measured (${unsettledLines} lines were not settled): the slices contradict each other, or are thicker or thinner than told`,
        },
      ];

/** What was found, for the report. */
export const sliceFacts = (
  { factor, profile }: RefineOptions & { readonly factor: number },
  { consistencyError }: Pick<RefinedSlices, 'consistencyError'>,
): MethodFact[] => [
  { name: 'planes for each slice', value: factor },
  { name: 'slice profile', value: profile },
  { name: 'consistency error', value: Number(consistencyError.toPrecision(3)), unit: '1' },
];

/** Thick slices on closer planes, learned from the image itself. */
export const sliceRefinement = defineMethod({
  id: 'slice-refinement',
  version: '1.1.0',
  task: 'super-resolution',
  title: 'Slices refined by what the image shows in its planes',
  modalities: ['MR', 'CT'],
  parameters,
  intendedUse:
    'Thick slices for reformats, fusion and comparison with thin ones, beside the original. Not for measurements below the slice thickness.',
  limits: [
    'the result gives the measured slices when it is seen with thick slices again; what no slice shows is not brought back',
    'structures thinner than a slice stay spread or are placed by likeness, and may be up to half a slice off',
    'noise that differs from slice to slice is kept, and sharpened with everything else',
    'slices with gaps: nothing is known of what lies between, so the gap is bridged smoothly',
    'beyond the first and the last slice centre the image is continued',
  ],
  refuses: ({ planes }) => (planes === 'frames' ? 'pictures have no place in space' : undefined),
  async run(image, settings, { progress }) {
    const options = refinementOf(image, settings);
    if (options === null) return thinSlices(image.volume);
    const refined = refineSlices(image.volume, options, progress);
    return {
      volume: refined.volume,
      facts: sliceFacts(options, refined),
      findings: sliceFindings(refined),
    };
  },
});
