import { qualityChecks } from '@photopeak/analysis';
import { z } from 'zod';
import { chosenSeries, finding, resultObjects } from '../summary-parts.ts';
import { measureNames } from './measure-change.ts';
import { enhancementTasks } from './method.ts';
import { enhancementParameters } from './parameters.ts';

export const ENHANCEMENT_SUMMARY_SCHEMA = 'photopeak/enhancement/summary/1';

const fact = z.object({
  name: z.string(),
  value: z.union([z.number(), z.string()]),
  unit: z.string().optional(),
});

/** Original and result; `before` is null for differences between the two. */
const measured = z.array(
  z.object({
    name: z.enum(measureNames),
    unit: z.string(),
    before: z.number().nullable(),
    after: z.number().nullable(),
  }),
);

const verdict = z.enum(['passed', 'flagged', 'held']);

/** What quality control found; null where original and result cannot be compared, or it is off. */
const quality = z
  .object({
    verdict,
    checks: z.array(
      z.object({
        name: z.enum(qualityChecks),
        value: z.number(),
        limit: z.object({ flag: z.number().nullable(), hold: z.number().nullable() }),
        verdict,
        /** In words. */
        text: z.string(),
      }),
    ),
    /** Places that stand out most. */
    spots: z.array(
      z.object({
        kind: z.enum(['new', 'lost']),
        form: z.enum(['blob', 'line']),
        /** Column, row and plane, from 0. */
        voxel: z.array(z.number()),
        sizeMm: z.number(),
        contrast: z.number(),
        score: z.number(),
      }),
    ),
    notes: z.array(z.string()),
    /** File that shows original, enhanced and difference at the worst place. */
    picture: z.string().nullable(),
  })
  .nullable();

/** What was done to a series, by what and why, and what was measured. */
const enhancedSeries = z.object({
  source: chosenSeries,
  task: z.enum(enhancementTasks),
  method: z.object({
    id: z.string(),
    version: z.string(),
    title: z.string(),
    manufacturer: z.string(),
    /** SHA-256 of the package of a model of the site; null for built-in methods. */
    digest: z.string().nullable(),
    settings: z.record(z.string(), z.json()),
    intendedUse: z.string(),
    limits: z.array(z.string()),
  }),
  phase: z.enum(['research', 'assist', 'production']),
  /** The rules that were asked, in their order up to the one that holds, with each condition; empty without rules. */
  rules: z.array(z.object({ rule: z.string(), holds: z.boolean(), conditions: z.array(z.string()) })),
  /** The series that was made; null where the method found nothing to do. */
  result: z
    .object({
      seriesInstanceUid: z.string(),
      seriesNumber: z.int(),
      description: z.string(),
      instanceCount: z.int(),
      /** Whether each plane lies where one of the source does. */
      keepsGeometry: z.boolean(),
    })
    .nullable(),
  /** What the method found or decided by itself. */
  facts: z.array(fact),
  measured,
  quality,
});

/** summary.json of the enhancement pipeline. */
export const enhancementSummary = z.object({
  schema: z.literal(ENHANCEMENT_SUMMARY_SCHEMA),
  pipeline: z.object({ name: z.string(), version: z.string() }),
  run: z.object({ key: z.string(), at: z.string() }),
  notice: z.string(),
  study: z.object({
    studyInstanceUid: z.string(),
    studyDate: z.string().nullable(),
    description: z.string(),
    patientHash: z.string(),
  }),
  parameters: enhancementParameters,
  series: z.array(enhancedSeries),
  /** Series that stay as they are, each with the reason. */
  left: z.array(chosenSeries),
  /** How the pairs are best shown, for viewers that read it. */
  hanging: z.array(
    z.object({
      original: z.string(),
      enhanced: z.string(),
      layout: z.array(z.enum(['original', 'enhanced', 'difference'])),
      linked: z.boolean(),
    }),
  ),
  objects: resultObjects,
  findings: z.array(finding),
});

export type EnhancementSummary = z.infer<typeof enhancementSummary>;
export type EnhancedSeries = z.infer<typeof enhancedSeries>;

export const ENHANCED_IMAGE_SCHEMA = 'photopeak/enhanced-image/1';

/** What `photopeak enhance --json` prints of a NIfTI image. */
export const enhancedImage = z.object({
  schema: z.literal(ENHANCED_IMAGE_SCHEMA),
  notice: z.string(),
  source: z.object({
    sha256: z.string(),
    modality: z.string(),
    size: z.array(z.int()),
    spacingMm: z.array(z.number()),
  }),
  task: z.enum(enhancementTasks),
  method: z.object({
    id: z.string(),
    version: z.string(),
    digest: z.string().nullable(),
    settings: z.record(z.string(), z.json()),
    limits: z.array(z.string()),
  }),
  result: z
    .object({ fileName: z.string(), size: z.array(z.int()), spacingMm: z.array(z.number()) })
    .nullable(),
  facts: z.array(fact),
  measured,
  quality,
  findings: z.array(finding),
});

export type EnhancedImage = z.infer<typeof enhancedImage>;
