import { z } from 'zod';
import { finding, resultObjects } from '../summary-parts.ts';

/** `summary.json` of cardiac-perfusion. Lengths mm, volumes ml, shares 0 to 1. Documented in docs/cardiac-perfusion.md. */
export const CARDIAC_SUMMARY_SCHEMA = 'photopeak/cardiac-perfusion/summary/1';

const vector = z.tuple([z.number(), z.number(), z.number()]);
const score = z.number().int().min(0).max(4);

const series = z.object({
  studyInstanceUid: z.string(),
  seriesInstanceUid: z.string(),
  seriesNumber: z.number().nullable(),
  modality: z.string(),
  description: z.string(),
});

const segment = z.object({
  segment: z.number().int().min(1).max(17),
  name: z.string(),
  territory: z.enum(['LAD', 'LCX', 'RCA']),
  code: z.object({ value: z.string(), scheme: z.string(), meaning: z.string() }),
  /** Uptake over what is normal there. */
  uptake: z.number(),
  score,
});

const perfusion = z.object({
  normals: z.object({
    sex: z.enum(['M', 'F']),
    state: z.enum(['stress', 'rest', 'any']),
    attenuationCorrected: z.boolean(),
    tracer: z.string(),
    count: z.number().int(),
  }),
  summedScore: z.number().int(),
  /** Summed score over the largest possible, 68. */
  summedShare: z.number(),
  extent: z.number(),
  halfDepthExtent: z.number(),
  severitySd: z.number().nullable(),
  tpd: z.number(),
  territories: z.array(
    z.object({ territory: z.enum(['LAD', 'LCX', 'RCA']), score: z.number().int(), extent: z.number() }),
  ),
  segments: z.array(segment).length(17),
});

const beat = z.object({
  gates: z.number().int(),
  volumesMl: z.array(z.number()),
  endDiastolicMl: z.number(),
  endSystolicMl: z.number(),
  ejectionFraction: z.number(),
  /** End-diastolic volumes per beat. */
  peakEmptyingRate: z.number(),
  peakFillingRate: z.number(),
  /** Share of the beat. */
  timeToPeakFilling: z.number(),
  /** When the parts of the wall begin to contract, degrees of the beat; absent with fewer than six gates. */
  phase: z
    .object({
      meanDegrees: z.number(),
      sdDegrees: z.number(),
      /** The shortest part of the beat in which 95 % of the pixels begin. */
      bandwidthDegrees: z.number(),
      /** Of all pixels that have a phase. */
      share: z.number(),
    })
    .optional(),
});

const state = z.object({
  /** Null where no series says which it is. */
  state: z.enum(['stress', 'rest']).nullable(),
  series: series.extend({ reason: z.string(), attenuationCorrected: z.boolean(), tracer: z.string() }),
  ventricle: z.object({
    centre: vector,
    /** Unit vector to the apex, LPS. */
    axis: vector,
    anterior: vector,
    radiusMm: z.number(),
    lengthMm: z.number(),
    basalMm: z.number(),
    basalTiltMm: z.tuple([z.number(), z.number()]),
    cavityMl: z.number(),
    contrast: z.number(),
    fwhmMm: z.number(),
    residualMm: z.number(),
  }),
  perfusion: perfusion.nullable(),
  beat: beat.nullable(),
  /** From the heart of the emission image to that of the CT in its frame of reference, LPS mm. */
  ctAlignment: z
    .object({ shiftMm: vector, distanceMm: z.number(), wallInLung: z.number(), residualMm: z.number() })
    .nullable(),
});

export const cardiacSummary = z.object({
  schema: z.literal(CARDIAC_SUMMARY_SCHEMA),
  pipeline: z.object({ name: z.string(), version: z.string() }),
  run: z.object({ key: z.string(), at: z.string() }),
  notice: z.string(),
  study: z.object({
    studyInstanceUid: z.string(),
    studyDate: z.string().nullable(),
    description: z.string(),
    patientHash: z.string(),
  }),
  /** With the SHA-256 of the file; null for the simulated limits. */
  normals: z.object({ name: z.string(), isSimulated: z.boolean(), sha256: z.string().nullable() }),
  states: z.array(state),
  /** Stress less rest; null unless both are there. */
  difference: z
    .object({
      summedDifferenceScore: z.number().int(),
      segments: z.array(z.object({ segment: z.number().int(), score: z.number().int() })),
    })
    .nullable(),
  dilation: z.object({ stressMl: z.number(), restMl: z.number(), ratio: z.number() }).nullable(),
  /** Draft sentences of a report; every number in them is one of those above. */
  sentences: z.array(z.string()),
  rejected: z.array(series.extend({ reason: z.string() })),
  objects: resultObjects,

  findings: z.array(finding),
});

export type CardiacSummary = z.infer<typeof cardiacSummary>;
export type CardiacStateSummary = CardiacSummary['states'][number];
