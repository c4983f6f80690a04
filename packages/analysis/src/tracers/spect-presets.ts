import type { CtStructureName } from '../anatomy/index.ts';

export type SpectTracer = 'bone' | 'somatostatin' | 'psma' | 'mibg' | 'other';

/** How foci of a tracer are told from what takes it up anyway. */
export interface SpectPreset {
  readonly title: string;
  /** Structure of the CT whose uptake the threshold is a multiple of; of `bone`, the vertebrae where they are named. */
  readonly reference: 'liver' | 'bone' | 'body';
  /**
   * Of its voxels, the share that lies below the value which stands for it: the median of an even organ; of vertebrae,
   * whose edges and arches blur, what their bodies take up.
   */
  readonly quantile: number;
  /** A voxel is a candidate at or above so many times that value. */
  readonly times: number;
  /** Organs whose uptake is usual; a focus inside is set aside. */
  readonly physiological: readonly CtStructureName[];
  /** Organs with even usual uptake, in which a focus stands out at so many times the median of the organ. */
  readonly standsOut: Partial<Record<CtStructureName, number>>;
}

const KIDNEYS = ['kidneyRight', 'kidneyLeft'] as const;

/**
 * Rules of thumb by tracer, from the distribution of each in the EANM and SNMMI procedure guidelines: bone agents leave
 * by the kidneys and show active bone; somatostatin analogues show spleen, kidneys and liver; PSMA also the salivary
 * glands and bowel; MIBG the liver and heart.
 */
export const SPECT_PRESETS: Readonly<Record<SpectTracer, SpectPreset>> = {
  bone: {
    title: 'bone agent',
    reference: 'bone',
    quantile: 0.9,
    times: 1.7,
    physiological: [...KIDNEYS, 'bladder'],
    standsOut: {},
  },
  somatostatin: {
    title: 'somatostatin analogue',
    reference: 'liver',
    quantile: 0.5,
    times: 1.5,
    physiological: [...KIDNEYS, 'spleen', 'bladder', 'stomach'],
    standsOut: { liver: 1.8 },
  },
  psma: {
    title: 'PSMA ligand',
    reference: 'liver',
    quantile: 0.5,
    times: 1.5,
    physiological: [...KIDNEYS, 'spleen', 'bladder'],
    standsOut: { liver: 1.8 },
  },
  mibg: {
    title: 'MIBG',
    reference: 'liver',
    quantile: 0.5,
    times: 1.3,
    physiological: ['bladder', 'heart', ...KIDNEYS],
    standsOut: { liver: 1.8 },
  },
  other: {
    title: 'tracer that is not known',
    reference: 'body',
    quantile: 0.5,
    times: 8,
    physiological: [...KIDNEYS, 'bladder', 'spleen', 'stomach', 'heart', 'brain'],
    standsOut: { liver: 1.8 },
  },
};

const WORDS: readonly (readonly [RegExp, SpectTracer])[] = [
  [/\b(hdp|mdp|dpd)\b|medron|oxidron|butedron|phosphon/i, 'bone'],
  [/dotatate|dotatoc|dotanoc|octreo|edotreotide|lutathera|pentetreotide|tektrotyd|tate\b/i, 'somatostatin'],
  [/psma|pluvicto|vipivotide/i, 'psma'],
  [/mibg|iobenguane|benzylguanidin/i, 'mibg'],
];

/** The tracer by what people wrote: the radiopharmaceutical first, then the descriptions of series and study. */
export function spectTracerOf(texts: readonly (string | null)[]): SpectTracer {
  for (const text of texts) {
    const found = WORDS.find(([pattern]) => text !== null && pattern.test(text));
    if (found !== undefined) return found[1];
  }
  return texts.some((text) => text !== null && /\bbone\b|skelet|knochen|osseu/i.test(text))
    ? 'bone'
    : 'other';
}
