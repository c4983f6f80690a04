import { z } from 'zod';
import { chosenSeries, code, finding, resultObjects } from '../summary-parts.ts';

/**
 * `summary.json` of the radiotherapy-oar pipeline. Positions are LPS millimetres, volumes millilitres, doses gray.
 * Documented in docs/radiotherapy.md.
 */
export const RADIOTHERAPY_SCHEMA = 'photopeak/radiotherapy-oar/summary/1';

const structure = z.object({
  /** ROI Number in the structure set. */
  number: z.int(),
  /** By TG-263 where the nomenclature has a name. */
  name: z.string(),
  origin: z.enum(['anatomy', 'lesion', 'prior']),
  description: z.string(),
  type: code.nullable(),
  laterality: code.nullable(),
  interpretedType: z.string(),
  contours: z.int(),
  points: z.int(),
  volumeMl: z.number(),
  /** 0 … 1, a rule of thumb; null where nothing can be said. */
  confidence: z.number().nullable(),
  /** What a person has to look at; empty: as any draft. */
  toCheck: z.array(z.string()),
  /** Against a structure of the same name that a set of the study has on this CT. */
  agreement: z
    .object({ setLabel: z.string(), name: z.string(), dice: z.number(), volumeMl: z.number() })
    .nullable(),
  /** Of each dose of the study that covers it. */
  doses: z.array(
    z.object({
      summationType: z.string(),
      coveredPercent: z.number(),
      meanGy: z.number(),
      maximumGy: z.number(),
      d95Gy: z.number().nullable(),
      d2Gy: z.number().nullable(),
    }),
  ),
});

export const radiotherapySummary = z.object({
  schema: z.literal(RADIOTHERAPY_SCHEMA),
  pipeline: z.object({ name: z.string(), version: z.string() }),
  run: z.object({ key: z.string(), at: z.string() }),
  notice: z.string(),
  study: z.object({
    studyInstanceUid: z.string(),
    studyDate: z.string().nullable(),
    description: z.string(),
    patientHash: z.string(),
  }),
  chosen: z.object({ ct: chosenSeries, pet: chosenSeries.nullable() }),
  /** How the PET lies on the planning CT; null without PET. */
  alignment: z
    .object({
      used: z.enum(['identity', 'rigid', 'given', 'none']),
      reason: z.string(),
      score: z.number().nullable(),
    })
    .nullable(),
  priors: z.array(
    z.object({
      label: z.string(),
      studyInstanceUid: z.string(),
      seriesInstanceUid: z.string(),
      used: z.boolean(),
      reason: z.string(),
      /** Row-major 4×4, LPS mm, prior CT to planning CT. */
      matrix: z.array(z.number()).length(16).nullable(),
      uncertaintyMm: z.number().nullable(),
      /** A deformation beyond the matrix was used. */
      deformed: z.boolean(),
      structures: z.int(),
    }),
  ),
  contours: z.object({ toleranceVoxels: z.number(), holes: z.enum(['keyhole', 'xor']) }),
  structures: z.array(structure),
  objects: resultObjects,

  findings: z.array(finding),
});

export type RadiotherapySummary = z.infer<typeof radiotherapySummary>;
export type SummaryStructure = z.infer<typeof structure>;
