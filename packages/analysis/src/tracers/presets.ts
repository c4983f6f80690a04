import { BLOOD_BAND, LIVER_BAND, type LiverBand, type ReferenceBand } from '../anatomy/index.ts';

/** Families of tracers that go to the same places. PSMA agents differ in their way out: kidneys, or liver and bile. */
export type TracerName = 'fdg' | 'psma' | 'psma-1007' | 'somatostatin' | 'fapi' | 'fluoride' | 'unknown';

/** How the threshold of candidates comes about where the site does not choose one. */
export type SeekRule =
  /** 1.5 · mean + 2 · SD of the liver; 2 · mean + 2 · SD of blood where the liver cannot serve (Wahl 2009). */
  | { readonly kind: 'percist' }
  /** `factor` · mean + 2 · SD of the liver; `otherwise` where it cannot serve. */
  | { readonly kind: 'liver'; readonly factor: number; readonly otherwise: number }
  | { readonly kind: 'fixed'; readonly suv: number };

/** How a finding is outlined once it is found. */
export type OutlineRule =
  /** The voxels at or above the threshold that found it. */
  | { readonly kind: 'threshold' }
  /** A share of its own maximum. */
  | { readonly kind: 'relative'; readonly share: number }
  /** Midway, by `share`, between the uptake of its core and that around it. */
  | { readonly kind: 'adapted'; readonly share: number }
  /** Where uptake falls most steeply. */
  | { readonly kind: 'gradient' };

export interface TracerPreset {
  readonly name: TracerName;
  readonly title: string;
  readonly seek: SeekRule;
  readonly outline: OutlineRule;
  /** Null: the liver is no reference of this tracer. */
  readonly liver: LiverBand | null;
  readonly bloodPool: ReferenceBand;
  /** The liver's own even uptake may lie above the threshold: inside it a finding must exceed 1.5 · mean + 2 · SD. */
  readonly hotLiver: boolean;
  /** Organs that take it up by nature, in words, for the report. */
  readonly takenUpBy: readonly string[];
  /** What a reader of the report should know of the method with this tracer. */
  readonly remarks: readonly string[];
}

const largestCv = 0.3;
const URINE = ['kidneys', 'ureters', 'bladder'];

/**
 * Presets by tracer. Thresholds are those in use for the whole-body volume of disease: PERCIST (Wahl, J Nucl Med
 * 2009); SUV 3 for PSMA (Seifert, J Nucl Med 2020; in the liver above the liver itself, as PROMISE V2, Seifert, Eur Urol
 * 2023, where PSMA-1007 is read against the spleen); the liver for somatostatin receptors (Krenning's scale); SUV 3 for
 * FAPI; SUV 10 for fluoride (Etchebehere, J Nucl Med 2015). They are starting points that a site may replace.
 */
export const tracerPresets: Readonly<Record<TracerName, TracerPreset>> = {
  fdg: {
    name: 'fdg',
    title: 'FDG',
    seek: { kind: 'percist' },
    outline: { kind: 'threshold' },
    liver: LIVER_BAND,
    bloodPool: BLOOD_BAND,
    hotLiver: false,
    takenUpBy: [
      'brain',
      'heart',
      'liver',
      'spleen',
      ...URINE,
      'stomach and bowel',
      'salivary glands and tonsils',
      'muscle',
      'brown fat',
      'marrow',
    ],
    remarks: [],
  },
  psma: {
    name: 'psma',
    title: 'PSMA',
    seek: { kind: 'fixed', suv: 3 },
    outline: { kind: 'adapted', share: 0.41 },
    liver: { lowest: 2, highest: 9, largestCv, search: [1.5, 12] },
    bloodPool: { lowest: 0.5, highest: 3, largestCv },
    hotLiver: true,
    takenUpBy: [
      'lacrimal and salivary glands',
      'liver',
      'spleen',
      ...URINE,
      'duodenum and small bowel',
      'coeliac ganglia',
    ],
    remarks: [
      'A lesion of the prostate beside a full bladder may be set aside with the urine.',
      'Ganglia, benign fractures, Paget disease and sarcoidosis take up PSMA too and are not told apart.',
    ],
  },
  'psma-1007': {
    name: 'psma-1007',
    title: 'PSMA-1007',
    seek: { kind: 'fixed', suv: 4 },
    outline: { kind: 'adapted', share: 0.41 },
    liver: { lowest: 5, highest: 20, largestCv, search: [3, 28] },
    bloodPool: { lowest: 0.8, highest: 4.5, largestCv },
    hotLiver: true,
    takenUpBy: [
      'lacrimal and salivary glands',
      'liver and gallbladder',
      'spleen',
      'pancreas',
      ...URINE,
      'duodenum and small bowel',
      'coeliac ganglia',
    ],
    remarks: [
      'It leaves by the bile: the liver is no reference for the score of PROMISE, which takes the spleen instead.',
      'Weak foci in bone, mostly ribs, are often without disease with this tracer and are not told apart.',
    ],
  },
  somatostatin: {
    name: 'somatostatin',
    title: 'somatostatin receptors',
    seek: { kind: 'liver', factor: 1, otherwise: 5 },
    outline: { kind: 'adapted', share: 0.41 },
    liver: { lowest: 2.5, highest: 12, largestCv, search: [1.5, 18] },
    bloodPool: { lowest: 0.3, highest: 2.5, largestCv },
    hotLiver: true,
    takenUpBy: [
      'pituitary',
      'thyroid',
      'salivary glands',
      'adrenals',
      'spleen',
      'liver',
      ...URINE,
      'uncinate process of the pancreas',
      'stomach and bowel',
    ],
    remarks: [
      'Sought above the liver, as 3 and 4 of the Krenning scale; weaker lesions are not found.',
      'Accessory spleens and inflammation take it up too and are not told apart.',
    ],
  },
  fapi: {
    name: 'fapi',
    title: 'FAPI',
    seek: { kind: 'fixed', suv: 3 },
    outline: { kind: 'adapted', share: 0.41 },
    liver: { lowest: 0.4, highest: 2.5, largestCv, search: [0.3, 3.5] },
    bloodPool: { lowest: 0.6, highest: 3, largestCv },
    hotLiver: false,
    takenUpBy: [...URINE, 'gallbladder', 'uterus', 'salivary glands', 'pancreas', 'thyroid'],
    remarks: ['Healing wounds, fibrosis, arthritis and the uterus take up FAPI and are not told apart.'],
  },
  fluoride: {
    name: 'fluoride',
    title: 'sodium fluoride',
    seek: { kind: 'fixed', suv: 10 },
    outline: { kind: 'adapted', share: 0.41 },
    liver: null,
    bloodPool: { lowest: 0.1, highest: 2, largestCv },
    hotLiver: false,
    takenUpBy: ['all bone', ...URINE],
    remarks: [
      'Arthrosis, fractures and other benign changes of bone take up fluoride and are not told apart.',
    ],
  },
  unknown: {
    name: 'unknown',
    title: 'unknown tracer',
    seek: { kind: 'fixed', suv: 4 },
    outline: { kind: 'threshold' },
    liver: { lowest: 0.3, highest: 20, largestCv, search: [0.3, 28] },
    bloodPool: { lowest: 0.1, highest: 5, largestCv },
    hotLiver: true,
    takenUpBy: [...URINE],
    remarks: [
      'Where this tracer goes by nature is not known here: only urine, the liver and uptake outside the body are set aside, and every other focus is listed.',
    ],
  },
};
