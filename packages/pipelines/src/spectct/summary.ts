import { z } from 'zod';
import { triedDeformation } from '../emission-alignment/index.ts';
import { chosenSeries, code, finding, resultObjects } from '../summary-parts.ts';

export const SPECTCT_SUMMARY_SCHEMA = 'photopeak/spectct/summary/1';

const point = z.array(z.number()).length(3);

/** Activity of a region; all of it at the start of the acquisition, not corrected for decay to any other time. */
const activity = z.object({
  meanBqPerMl: z.number(),
  maximumBqPerMl: z.number(),
  sdBqPerMl: z.number(),
  /** Mean times volume. */
  totalMBq: z.number(),
  /** Of the administered activity, as it is at the start of the acquisition. */
  percentOfAdministered: z.number().nullable(),
  /** Of the administered activity less its decay: what the body has kept or moved, not what has decayed. */
  percentOfAdministeredDecayCorrected: z.number().nullable(),
  suvMean: z.number().nullable(),
  suvMax: z.number().nullable(),
  /** Of foci and structures, by the site's curve; null without one. The other numbers are not corrected. */
  recovery: z.object({ coefficient: z.number(), correctedMBq: z.number() }).nullable(),
});

const timePoint = z.object({
  studyInstanceUid: z.string(),
  hours: z.number(),
  activityMBq: z.number(),
});

const timeActivity = z.object({
  points: z.array(timePoint),
  fit: z
    .object({
      method: z.enum(['mono-exponential', 'physical decay']),
      initialMBq: z.number(),
      effectiveHalfLifeHours: z.number(),
      biologicalHalfLifeHours: z.number().nullable(),
      timeIntegratedMBqH: z.number(),
      /** Time-integrated activity over administered activity, hours. */
      coefficientH: z.number().nullable(),
      /** One standard deviation. */
      uncertainty: z
        .object({ effectiveHalfLifeHours: z.number(), timeIntegratedMBqH: z.number() })
        .nullable(),
      largestDeviation: z.number(),
      extrapolatedShare: z.number(),
      notes: z.array(z.string()),
    })
    .nullable(),
  /** From one late image (Hänscheid 2018), where there is only one; holds for these effective half-lives. */
  singleTimePoint: z
    .object({ timeIntegratedMBqH: z.number(), holdsForHours: z.tuple([z.number(), z.number()]) })
    .nullable(),
});

const region = z.object({
  /** F1, F2, … foci; P1, … set aside; O1, … organs; S1, … structures of the study. */
  id: z.string(),
  trackingUid: z.string(),
  label: z.string(),
  kind: z.enum(['focus', 'physiological', 'organ', 'structure']),
  /** In regions-seg. */
  segmentNumber: z.number().int(),
  site: code.nullable(),
  laterality: code.nullable(),
  /** Why it was set aside, or where a structure comes from. */
  reason: z.string(),
  voxels: z.number().int(),
  volumeMl: z.number(),
  centroid: point,
  maximumPosition: point,
  /** In the unit of the image: Bq/ml, or counts. */
  mean: z.number(),
  maximum: z.number(),
  /** Mean and maximum over the uptake of the reference structure; null without one. */
  relativeMean: z.number().nullable(),
  relativeMaximum: z.number().nullable(),
  /** Null where activity is not quantified. */
  activity: activity.nullable(),
  /** Null where activity is not quantified or the time of administration is not known. */
  timeActivity: timeActivity.nullable(),
});

/** summary.json of spectct. */
export const spectctSummary = z.object({
  schema: z.literal(SPECTCT_SUMMARY_SCHEMA),
  pipeline: z.object({ name: z.string(), version: z.string() }),
  run: z.object({ key: z.string(), at: z.string() }),
  notice: z.string(),
  study: z.object({
    studyInstanceUid: z.string(),
    studyDate: z.string().nullable(),
    description: z.string(),
    patientHash: z.string(),
  }),
  chosen: z.object({
    spect: chosenSeries.nullable(),
    ct: chosenSeries.nullable(),
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
  tracer: z.object({
    preset: z.enum(['bone', 'somatostatin', 'psma', 'mibg', 'other']),
    radiopharmaceutical: z.string().nullable(),
    nuclide: z.string().nullable(),
    halfLifeHours: z.number().nullable(),
    administeredMBq: z.number().nullable(),
    /** From administration to the start of the acquisition. */
    hoursAfter: z.number().nullable(),
  }),
  quantification: z
    .object({
      status: z.enum(['quantitative', 'relative']),
      source: z.enum(['units', 'mapping', 'sensitivity']).nullable(),
      /** Bq/ml at the start of the acquisition per rescaled value. */
      bqPerMlPerValue: z.number().nullable(),
      /** SUVbw per Bq/ml. */
      suvPerBqPerMl: z.number().nullable(),
      reason: z.string().nullable(),
      derivation: z.array(z.string()),
    })
    .nullable(),
  alignment: z
    .object({
      frameOfReferenceShared: z.boolean(),
      used: z.enum(['identity', 'rigid', 'none']),
      reason: z.string(),
      /** SPECT to CT, LPS mm, rows of a 4 × 4 matrix. */
      matrix: z.array(z.number()).length(16),
      /** The largest movement of the body that a registration of the images suggests; null where there is none. */
      suggestedMm: z.number().nullable(),
      uncertaintyMm: z.number().nullable(),
      /** Present where a deformation of the SPECT to the CT beyond the matrix was tried. */
      deformable: triedDeformation.optional(),
    })
    .nullable(),
  foci: z.object({
    method: z.string(),
    /** In the unit of the image; null where none were sought. */
    threshold: z.number().nullable(),
    outlineShare: z.number(),
    minimumMl: z.number(),
    count: z.number().int(),
    volumeMl: z.number(),
    totalMBq: z.number().nullable(),
  }),
  regions: z.array(region),
  /** All of the field of view; null where activity is not quantified. */
  fieldOfView: z.object({ totalMBq: z.number(), percentOfAdministered: z.number().nullable() }).nullable(),
  objects: resultObjects,
  findings: z.array(finding),
});

export type SpectctSummary = z.infer<typeof spectctSummary>;
export type SpectctRegion = z.infer<typeof region>;
