import type { Volume } from '@photopeak/imaging';
import type { StructureOptions, Structures } from './structure.ts';
import type { QualityCheckName, QualityLimits } from './verdict.ts';

type Figures = Readonly<Partial<Record<QualityCheckName, number>>>;

/** The highest scores of each kind: what limits are set against. */
export function structureFigures({ spots, texture }: Structures): Figures {
  const highest = (kind: 'new' | 'lost', form: 'blob' | 'line') =>
    spots.find((spot) => spot.kind === kind && spot.form === form)?.score ?? 0;
  return {
    'new-structure': highest('new', 'blob'),
    'lost-structure': highest('lost', 'blob'),
    'new-line': highest('new', 'line'),
    'lost-line': highest('lost', 'line'),
    ...(texture === undefined ? {} : { texture: texture.ratio }),
  };
}

const none = { flag: null, hold: null };

/** Those of structure, line and texture are calibrated by bench/quality/hallucination.ts on seeds 9101 to 9104. */
const general: QualityLimits = {
  'new-structure': { flag: 7, hold: 10 },
  'lost-structure': { flag: 7, hold: 10 },
  'new-line': { flag: 7, hold: 10 },
  'lost-line': { flag: 7, hold: 10 },
  texture: { flag: 1.2, hold: 1.6 },
  'beyond-noise': { flag: 1, hold: 5 },
  'edge-residual': { flag: 3, hold: null },
  sharpness: { flag: 0.9, hold: 0.7 },
  bias: { flag: 1, hold: 3 },
  consistency: none,
  'null-space': { flag: 2, hold: 3 },
  'null-space-share': none,
  'contrast-order': { flag: 0.9, hold: 0.5 },
  insertion: { flag: 0.8, hold: 0.6 },
  jitter: { flag: 1.5, hold: 3 },
};

/** Of other units than HU the bias is in per cent, and correction of Rician noise or speckle moves means by some. */
const bias = { flag: 5, hold: 15 };
/**
 * Noise of PET follows the activity, and with it what a filter takes out: its texture says less. Where noise is as steep as
 * edges are, as in PET and speckle, so does sharpness.
 */
const emission = {
  bias,
  'new-structure': { flag: 6.5, hold: 10 },
  'lost-structure': { flag: 6.5, hold: 10 },
  'new-line': { flag: 9, hold: 12 },
  'lost-line': { flag: 9, hold: 12 },
  texture: { flag: 2, hold: 3 },
  sharpness: { flag: 0.5, hold: null },
};
const byModality: Readonly<Record<string, Partial<QualityLimits>>> = {
  PT: emission,
  NM: emission,
  // The noise of magnitudes is another one where there is little signal, and filters that ask how alike places are move edges there.
  MR: {
    bias,
    'new-structure': { flag: 8.5, hold: 12 },
    'lost-structure': { flag: 8.5, hold: 12 },
    'new-line': { flag: 7.5, hold: 11 },
    'lost-line': { flag: 7.5, hold: 11 },
  },
  // Speckle has deep dark tails, and what is taken out of it at edges is more than noise.
  US: {
    bias,
    sharpness: none,
    'beyond-noise': none,
    'new-structure': { flag: 6.5, hold: 10 },
    'lost-structure': { flag: 6.5, hold: 10 },
  },
};

const byTask: Readonly<Record<string, Partial<QualityLimits>>> = {
  // The slices are measured: finer planes that do not give them back show something else.
  'super-resolution': { consistency: { flag: 1, hold: 4 } },
  // The mean is meant to change.
  harmonise: { bias: none },
  // Taking out streaks is what reduction of metal artifacts is for: what is lost there is only measured.
  metal: {
    'lost-structure': none,
    'lost-line': none,
    texture: none,
    'beyond-noise': none,
    'edge-residual': none,
    sharpness: none,
  },
};

/** Limits for a modality and task, before those that a site sets for it or for a model. */
export function defaultQualityLimits(modality: string, task = 'denoise'): QualityLimits {
  return { ...general, ...byModality[modality], ...byTask[task] };
}

/** Places that do not depend on each other, of the images that the limits were calibrated on: about 256 × 208 × 16 voxels. */
const CALIBRATED_PLACES = 1e6;
/**
 * Of ten times as many places the highest of noise alone lies this much higher, in standard deviations: what 95 of 100 images
 * stay below is 5.3 of a million places and 6.1 of a hundred million.
 */
const PER_DECADE = 0.4;
const GROWING = ['new-structure', 'lost-structure', 'new-line', 'lost-line'] as const;

/** Limits of the highest score for a series of so many places: the more are searched, the higher is what chance gives. */
export function limitsForPlaces(limits: QualityLimits, places: number): QualityLimits {
  const growth = PER_DECADE * Math.max(0, Math.log10(places / CALIBRATED_PLACES));
  const grown = (value: number | null) => (value === null ? null : Number((value + growth).toFixed(2)));
  return {
    ...limits,
    ...Object.fromEntries(
      GROWING.map((name) => [name, { flag: grown(limits[name].flag), hold: grown(limits[name].hold) }]),
    ),
  };
}

/** Air and background are not judged: of other modalities than CT, what is below this share of the brightest. */
const BACKGROUND_SHARE = { PT: 0.01, NM: 0.01, MR: 0.06, US: 0.1 } as const;
const BRIGHTEST = 0.995;
/** The body without lung tissue that is all air, and without the foam of couches. */
const CT_ABOVE_HU = -900;

/** The value below which all but the brightest half per cent of an image lie. */
export function brightestOf({ data }: Volume): number {
  const every = Math.max(1, Math.floor(data.length / 200_000));
  const some = Float32Array.from(
    { length: Math.ceil(data.length / every) },
    (_, n) => data[n * every]!,
  ).sort();
  return some[Math.floor(BRIGHTEST * (some.length - 1))]!;
}

/** What is judged of an image, and how its noise goes. */
export function judgedTissue(modality: string, volume: Volume): Pick<StructureOptions, 'above' | 'noise'> {
  if (modality === 'CT') return { above: CT_ABOVE_HU, noise: 'constant' };
  const share = BACKGROUND_SHARE[modality as keyof typeof BACKGROUND_SHARE] ?? BACKGROUND_SHARE.MR;
  const noise = modality === 'PT' || modality === 'NM' ? 'counts' : 'constant';
  return { above: share * brightestOf(volume), noise };
}
