import type { TissueUptake } from '../petct/options.ts';

export type SpectTracer = 'bone' | 'dotatate';

/** What is drawn for a tracer: uptake, nuclide, dose, and how long it stays in each tissue. */
export interface TracerModel {
  readonly radiopharmaceutical: string;
  readonly nuclide: {
    readonly code: string;
    readonly meaning: string;
    readonly halfLifeSeconds: number;
    /** Photopeak that is imaged, keV, ± 10 %. */
    readonly keV: number;
  };
  readonly injectedBq: readonly [low: number, high: number];
  /** Of the first image, hours after administration. */
  readonly hours: number;
  /** Acquisition of one image, seconds. */
  readonly seconds: number;
  /** Mean SUVbw of each tissue at the first image. */
  readonly uptake: TissueUptake;
  /** Biological half-lives in hours, by tissue; `other` for the rest and `lesion` for lesions. */
  readonly biologicalHours: Readonly<Record<string, number>>;
  /** Uptake of lesions at the first image, SUVbw. */
  readonly lesionSuv: readonly [low: number, high: number];
  readonly studyDescription: string;
}

/** Organs and soft tissue that take up little of a bone tracer. */
const SOFT_BONE = 0.8;

/**
 * Means of the order that quantitative studies report: normal vertebrae of SUV 5 to 7 three hours after a bone tracer;
 * kidneys, spleen and liver a day after Lu-177 DOTATATE with effective half-lives of about two days.
 */
export const tracerModels: Record<SpectTracer, TracerModel> = {
  bone: {
    radiopharmaceutical: 'Tc-99m HDP',
    nuclide: { code: '72454006', meaning: '^99m^Technetium', halfLifeSeconds: 21624, keV: 140.5 },
    injectedBq: [600e6, 740e6],
    hours: 3,
    seconds: 1200,
    uptake: {
      'cortical-bone': 4.5,
      'spongy-bone': 6.5,
      'yellow-marrow': 2,
      disc: 1.5,
      cartilage: 2.5,
      'spinal-canal': 1,
      'grey-matter': 0.3,
      'white-matter': 0.3,
      myocardium: 0.9,
      'blood-pool': 0.9,
      aorta: 0.9,
      vein: 0.9,
      liver: SOFT_BONE,
      'liver-vessel': SOFT_BONE,
      spleen: SOFT_BONE,
      'kidney-right': 6,
      'kidney-left': 6,
      'renal-pelvis': 12,
      ureter: 5,
      'ureter-spot': 9,
      bladder: 35,
      'bladder-wall': 2,
      'stomach-wall': SOFT_BONE,
      'bowel-wall': SOFT_BONE,
      'colon-wall': SOFT_BONE,
      'salivary-gland': 0.9,
      thyroid: 0.9,
      'pharynx-wall': 0.9,
      prostate: SOFT_BONE,
      uterus: SOFT_BONE,
      pancreas: SOFT_BONE,
    },
    biologicalHours: { other: 40, lesion: 200 },
    lesionSuv: [22, 45],
    studyDescription: 'PHANTOM bone SPECT-CT',
  },
  dotatate: {
    radiopharmaceutical: 'Lu-177 DOTATATE',
    nuclide: { code: '447553000', meaning: '^177^Lutetium', halfLifeSeconds: 574300, keV: 208.4 },
    injectedBq: [7.2e9, 7.6e9],
    hours: 24,
    seconds: 1500,
    uptake: {
      'spongy-bone': 0.5,
      'cortical-bone': 0.25,
      'grey-matter': 0.1,
      'white-matter': 0.1,
      myocardium: 0.4,
      'blood-pool': 0.4,
      aorta: 0.4,
      vein: 0.4,
      muscle: 0.25,
      mediastinum: 0.35,
      liver: 4,
      'liver-vessel': 3,
      spleen: 12,
      'kidney-right': 13,
      'kidney-left': 13,
      'renal-pelvis': 9,
      ureter: 1.5,
      'ureter-spot': 3,
      bladder: 7,
      'bladder-wall': 1,
      'stomach-wall': 1,
      'bowel-wall': 1.2,
      'colon-wall': 1.2,
      'salivary-gland': 1,
      thyroid: 0.8,
      'pharynx-wall': 0.6,
      prostate: 0.7,
      uterus: 0.7,
      pancreas: 1.2,
    },
    biologicalHours: {
      liver: 90,
      'liver-vessel': 90,
      spleen: 95,
      'kidney-right': 70,
      'kidney-left': 70,
      'renal-pelvis': 60,
      lesion: 180,
      other: 50,
    },
    lesionSuv: [15, 40],
    studyDescription: 'PHANTOM Lu-177 SPECT-CT',
  },
};
