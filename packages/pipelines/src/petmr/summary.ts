import { z } from 'zod';
import { triedDeformation } from '../emission-alignment/index.ts';
import { petctSummary } from '../petct-oncology/parts.ts';
import { chosenSeries, finding, resultObjects } from '../summary-parts.ts';

export const PETMR_SUMMARY_SCHEMA = 'photopeak/petmr/summary/1';

const { suv, tracer, references, candidates, totals, study } = petctSummary.shape;
const lesion = petctSummary.shape.lesions.unwrap();

const mrRoles = z.enum([
  'inPhase',
  'opposedPhase',
  'water',
  'fat',
  't1',
  't2',
  'adc',
  'diffusion',
  'attenuation map',
  'other',
]);

/** Signal of an MR sequence in the core of a lesion: its voxels of at least half the maximum. */
const mrMeasurement = z.object({
  seriesInstanceUid: z.string(),
  /** Series Description as written. */
  sequence: z.string(),
  role: mrRoles,
  /** UCUM; `1` for signal, which has no unit. */
  unit: z.string(),
  mean: z.number(),
  sd: z.number(),
  min: z.number(),
  p10: z.number(),
  max: z.number(),
  /** Share of the core that the sequence shows. */
  covered: z.number(),
});

/** summary.json of petmr. */
export const petmrSummary = z.object({
  schema: z.literal(PETMR_SUMMARY_SCHEMA),
  pipeline: z.object({ name: z.string(), version: z.string() }),
  run: z.object({ key: z.string(), at: z.string() }),
  notice: z.string(),
  study,
  chosen: z.object({
    pet: chosenSeries.nullable(),
    /** The series that shows the body. */
    mr: chosenSeries.nullable(),
    /** Every MR series with what it shows and what it is used for. */
    sequences: z.array(
      z.object({
        seriesInstanceUid: z.string(),
        description: z.string(),
        role: mrRoles,
        use: z.enum(['body', 'fat and water', 'measured', 'not used']),
        reason: z.string(),
      }),
    ),
    rejected: z.array(
      z.object({
        seriesInstanceUid: z.string(),
        modality: z.string(),
        description: z.string(),
        instanceCount: z.number().int(),
        reason: z.string(),
      }),
    ),
  }),
  suv,
  tracer,
  alignment: z
    .object({
      frameOfReferenceShared: z.boolean(),
      used: z.enum(['identity', 'rigid', 'none']),
      reason: z.string(),
      /** PET to MR, LPS mm, rows of a 4 × 4 matrix. */
      matrix: z.array(z.number()).length(16),
      suggestedMm: z.number().nullable(),
      uncertaintyMm: z.number().nullable(),
      /** Present where a deformation of the PET to the MR beyond the matrix was tried; in use, the regions are those with it. */
      deformable: triedDeformation.optional(),
      /** How far PET and MR lie apart, region by region; no score: it is calibrated for PET and CT. */
      regions: z.array(
        z.object({ name: z.string(), misalignmentMm: z.number(), shiftMm: z.array(z.number()).length(3) }),
      ),
      /** Regions of which nothing can be said. */
      notJudged: z.array(z.string()),
    })
    .nullable(),
  /** What MR shows of the body. */
  anatomy: z.array(
    z.object({
      name: z.string(),
      present: z.boolean(),
      volumeMl: z.number(),
      confidence: z.number(),
      findings: z.array(z.string()),
    }),
  ),
  references,
  candidates,
  lesions: z.array(lesion.extend({ mr: z.array(mrMeasurement) })),
  physiologicalUptake: z.array(lesion),
  totals,
  objects: resultObjects,
  findings: z.array(finding),
});

export type PetmrSummary = z.infer<typeof petmrSummary>;
export type PetmrLesion = PetmrSummary['lesions'][number];
export type MrMeasurement = z.infer<typeof mrMeasurement>;
