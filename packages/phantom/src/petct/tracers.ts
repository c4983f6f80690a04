import type { LesionRequest } from './lesions.ts';
import type { TissueName } from './tissues.ts';

/** What the person was given. */
export type PhantomTracer = 'fdg' | 'psma-11' | 'psma-1007' | 'dotatate' | 'fapi-46' | 'fluoride';

interface CodedName {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}

/** A lesion as this tracer's patients have it. */
interface TypicalLesion extends Pick<LesionRequest, 'kind' | 'site'> {
  /** Range of the true uptake, SUVbw. */
  readonly suv: readonly [number, number];
  readonly radiusMm?: readonly [number, number];
}

interface TracerRow {
  /** Radiopharmaceutical (0018,0031) as scanners write it. */
  readonly name: string;
  /** Code of CID 4021, where there is one. */
  readonly code?: CodedName;
  readonly radionuclide: CodedName;
  readonly halfLifeSeconds: number;
  readonly positronFraction: number;
  /** Injected MBq per kg. */
  readonly mbqPerKg: readonly [number, number];
  readonly studyDescription: string;
  /** Mean SUVbw of tissues; absent: `tissues.suv` times `otherwise`. */
  readonly uptake: Partial<Record<TissueName, number>>;
  readonly otherwise: number;
  readonly lesions: readonly TypicalLesion[];
}

const FLUORINE: CodedName = { value: '77004003', scheme: 'SCT', meaning: '^18^Fluorine' };
const GALLIUM: CodedName = { value: '35337001', scheme: 'SCT', meaning: '^68^Gallium' };
/** As written by scanners; 6586.2 and 4057.7 occur too. */
const FLUORINE_SECONDS = 6588;
const GALLIUM_SECONDS = 4062;

const fluorine = {
  radionuclide: FLUORINE,
  halfLifeSeconds: FLUORINE_SECONDS,
  positronFraction: 0.97,
} as const;
const gallium = { radionuclide: GALLIUM, halfLifeSeconds: GALLIUM_SECONDS, positronFraction: 0.891 } as const;

const prostateCancer = (least: number): readonly TypicalLesion[] => [
  { kind: 'bone', suv: [least + 2, 30] },
  { kind: 'node', suv: [least, 30] },
  { kind: 'soft-tissue', site: 'prostate', suv: [least + 4, 30], radiusMm: [7, 12] },
  { kind: 'node', site: 'right obturator, beside the bladder', suv: [least + 3, 30], radiusMm: [6, 10] },
  { kind: 'bone', suv: [least + 2, 30] },
  { kind: 'lung', suv: [least, 15] },
  { kind: 'node', site: 'left para-aortic, beside the kidney', suv: [least + 5, 30], radiusMm: [6, 9] },
];

const prostateUptake = {
  fat: 0.2,
  'visceral-fat': 0.3,
  'liver-vessel': 3,
  'renal-pelvis': 30,
  'bladder-wall': 3,
  'stomach-wall': 2.5,
  'colon-wall': 1.6,
  'grey-matter': 0.15,
  'white-matter': 0.1,
  'cerebrospinal-fluid': 0.1,
  myocardium: 1.5,
  'salivary-gland': 14,
  'lacrimal-gland': 11,
  'pharynx-wall': 3.5,
  ganglion: 3.2,
  pituitary: 1,
} as const;

/**
 * One row per tracer but FDG, whose uptake is that of `tissues`: physiological uptake of the order that is published
 * for it, drawn for each person with the spread of the tissue. What lights up in patients and has no shape of its own
 * here (inflammation, degenerative joints, injection sites) is not drawn.
 */
export const tracers: Record<Exclude<PhantomTracer, 'fdg'>, TracerRow> = {
  'psma-11': {
    name: '68Ga-PSMA-11',
    code: { value: 'C118961', scheme: 'NCIt', meaning: 'PSMA-11 Ga^68^' },
    ...gallium,
    mbqPerKg: [1.8, 2.2],
    studyDescription: 'PHANTOM PET-CT PSMA',
    otherwise: 0.75,
    uptake: {
      ...prostateUptake,
      liver: 4.5,
      spleen: 7,
      'kidney-right': 40,
      'kidney-left': 40,
      ureter: 8,
      'ureter-spot': 25,
      bladder: 30,
      'bowel-wall': 9,
      gallbladder: 2,
      prostate: 2.2,
    },
    lesions: prostateCancer(5),
  },
  'psma-1007': {
    name: '18F-PSMA-1007',
    code: { value: '126758', scheme: 'DCM', meaning: 'PSMA-1007 F^18^' },
    ...fluorine,
    mbqPerKg: [3.5, 4.5],
    studyDescription: 'PHANTOM PET-CT PSMA',
    otherwise: 1.1,
    uptake: {
      ...prostateUptake,
      liver: 11,
      'liver-vessel': 7,
      spleen: 9,
      'kidney-right': 18,
      'kidney-left': 18,
      'renal-pelvis': 8,
      ureter: 2,
      'ureter-spot': 4,
      bladder: 3.5,
      'bowel-wall': 9,
      gallbladder: 40,
      pancreas: 3,
      prostate: 2.5,
      'salivary-gland': 17,
    },
    lesions: prostateCancer(6),
  },
  dotatate: {
    name: '68Ga-DOTATATE',
    code: { value: 'C1742831', scheme: 'UMLS', meaning: 'tyrosine-3-octreotate Ga^68^' },
    ...gallium,
    mbqPerKg: [1.6, 2.4],
    studyDescription: 'PHANTOM PET-CT DOTATATE',
    otherwise: 0.6,
    uptake: {
      liver: 5.5,
      'liver-vessel': 3.5,
      spleen: 18,
      'kidney-right': 13,
      'kidney-left': 13,
      'renal-pelvis': 16,
      ureter: 5,
      'ureter-spot': 14,
      bladder: 20,
      'bowel-wall': 4.5,
      'colon-wall': 2,
      'stomach-wall': 3.5,
      pancreas: 3,
      prostate: 2.5,
      uterus: 2,
      thyroid: 3,
      'salivary-gland': 3.5,
      'lacrimal-gland': 2.5,
      pituitary: 9,
      'adrenal-gland': 9,
      'grey-matter': 0.15,
      'white-matter': 0.1,
      myocardium: 1.2,
    },
    lesions: [
      { kind: 'liver', suv: [13, 40] },
      { kind: 'node', suv: [8, 35] },
      { kind: 'soft-tissue', site: 'mesentery', suv: [10, 35], radiusMm: [7, 13] },
      { kind: 'liver', site: 'dome of the liver', suv: [13, 40], radiusMm: [7, 14] },
      { kind: 'bone', suv: [7, 30] },
      { kind: 'soft-tissue', site: 'head of the pancreas', suv: [12, 40], radiusMm: [7, 12] },
      { kind: 'lung', suv: [6, 20] },
    ],
  },
  'fapi-46': {
    name: '68Ga-FAPI-46',
    ...gallium,
    mbqPerKg: [2, 3],
    studyDescription: 'PHANTOM PET-CT FAPI',
    otherwise: 0.7,
    uptake: {
      liver: 1,
      'liver-vessel': 1.2,
      spleen: 1.1,
      'kidney-right': 2.4,
      'kidney-left': 2.4,
      'renal-pelvis': 7,
      ureter: 3,
      'ureter-spot': 9,
      bladder: 12,
      'bowel-wall': 1.3,
      'colon-wall': 1.2,
      gallbladder: 3.5,
      pancreas: 1.9,
      uterus: 5,
      thyroid: 2.2,
      'salivary-gland': 2.6,
      muscle: 1.1,
      'blood-pool': 1.5,
      aorta: 1.5,
      vein: 1.5,
      'spongy-bone': 0.7,
      'grey-matter': 0.1,
      'white-matter': 0.1,
      myocardium: 1.5,
      'breast-gland': 1.2,
    },
    lesions: [
      { kind: 'soft-tissue', site: 'head of the pancreas', suv: [7, 18], radiusMm: [8, 14] },
      { kind: 'liver', suv: [4.5, 14] },
      { kind: 'node', suv: [5, 14] },
      { kind: 'soft-tissue', site: 'mesentery', suv: [5, 14], radiusMm: [7, 13] },
      { kind: 'lung', suv: [5, 14] },
      { kind: 'bone', suv: [5, 14] },
      { kind: 'liver', site: 'dome of the liver', suv: [4.5, 14], radiusMm: [7, 14] },
    ],
  },
  fluoride: {
    name: '18F-NaF',
    code: { value: '129501009', scheme: 'SCT', meaning: 'Sodium fluoride F^18^' },
    ...fluorine,
    mbqPerKg: [1.5, 3],
    studyDescription: 'PHANTOM PET-CT sodium fluoride',
    otherwise: 0.4,
    uptake: {
      'cortical-bone': 4.5,
      'spongy-bone': 6,
      'yellow-marrow': 1,
      cartilage: 3.5,
      disc: 1.5,
      liver: 0.5,
      spleen: 0.5,
      'kidney-right': 2.2,
      'kidney-left': 2.2,
      'renal-pelvis': 12,
      ureter: 4,
      'ureter-spot': 14,
      bladder: 30,
      'grey-matter': 0.1,
      'white-matter': 0.1,
      myocardium: 0.5,
      'bowel-wall': 0.6,
      'colon-wall': 0.5,
      'stomach-wall': 0.5,
      'salivary-gland': 0.5,
      'pharynx-wall': 0.5,
    },
    lesions: [{ kind: 'bone', suv: [16, 50], radiusMm: [7, 12] }],
  },
};

/** Names of the tracers that a phantom may have. */
export const phantomTracers: readonly PhantomTracer[] = [
  'fdg',
  ...(Object.keys(tracers) as (keyof typeof tracers)[]),
];

/** Glands that FDG does not show; they are drawn for the tracers that do, so that an FDG phantom stays as it was. */
export const showsGlands = (tracer: PhantomTracer): boolean => tracer !== 'fdg';
