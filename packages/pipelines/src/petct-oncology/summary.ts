import { z } from 'zod';
import { chosenSeries, code, finding, resultObjects } from '../summary-parts.ts';

/**
 * `summary.json` of the petct-oncology pipeline: every number of the report, with what it rests on.
 * Positions are LPS millimetres, volumes millilitres, uptake SUV of the named kind. Documented in docs/summary.md.
 */
export const SUMMARY_SCHEMA = 'photopeak/petct-oncology/summary/1';

const vector = z.tuple([z.number(), z.number(), z.number()]);

const suvKind = z.enum(['bw', 'lbm', 'lbmJames120', 'lbmJanmahasatian', 'bsa', 'ibw']);

const suv = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('ok'),
    /** SUV per rescaled stored value of the first slice; constant over slices unless `perSlice` is true. */
    factors: z.partialRecord(suvKind, z.number()),
    perSlice: z.boolean(),
    units: z.string(),
    decayCorrection: z.string(),
    patientWeightKg: z.number().nullable(),
    injectedActivityBq: z.number().nullable(),
    uptakeMinutes: z.number().nullable(),
    /** The arithmetic, one line per step. */
    derivation: z.array(z.string()),
    refusedKinds: z.partialRecord(suvKind, z.string()),
  }),
  z.object({
    status: z.literal('refused'),
    code: z.string(),
    reason: z.string(),
    remedy: z.string().optional(),
    derivation: z.array(z.string()),
  }),
]);

const registration = z.object({
  frameOfReferenceShared: z.boolean(),
  /**
   * `identity`: the scanner's own alignment; `rigid`: the matrix below, found here; `given`: the matrix below, from a
   * registration object by another writer in the study; `none`: the two are not fused.
   */
  used: z.enum(['identity', 'rigid', 'given', 'none']),
  reason: z.string(),
  /** Row-major 4×4, LPS mm, maps a point of the moving PET to the fixed CT. */
  matrix: z.array(z.number()).length(16),
  uncertaintyMm: z.number().nullable(),
  score: z.number().int().min(0).max(100).nullable(),
  class: z.enum(['green', 'amber', 'red']).nullable(),
  scoreReason: z.string(),
  regions: z.array(z.object({ name: z.string(), misalignmentMm: z.number().nullable(), reason: z.string() })),
  /** Who set the alignment in use, where a person did. */
  byHand: z
    .object({ by: z.string(), means: z.enum(['nudge', 'landmarks']), rmsMm: z.number().optional() })
    .optional(),
  /** The registration object by another writer that was weighed, used (as it is, or as the start) or not, and why. */
  foreign: z
    .object({
      sopInstanceUid: z.string(),
      used: z.boolean(),
      reason: z.string(),
      /** True where it is used and deforms the PET beyond the matrix. */
      deforms: z.literal(true).optional(),
    })
    .optional(),
  /** Present where a deformation of the PET to the CT beyond the matrix was tried. */
  deformable: z
    .object({
      /** Whether it is in use: then score and regions above are those with it. */
      used: z.boolean(),
      reason: z.string(),
      /** The score of the matrix alone, and with the deformation. */
      linearScore: z.number().int().nullable(),
      deformedScore: z.number().int().nullable(),
      /** Displacements in the body beyond the matrix. */
      largestMm: z.number().optional(),
      meanMm: z.number().optional(),
      /** Of the Jacobian in the body: above 0 nothing folds. */
      smallestDeterminant: z.number().optional(),
    })
    .optional(),
  /** A rigid correction that scores somewhat better than the alignment in use; it was not applied. */
  proposal: z
    .object({
      /** As `matrix`. */
      matrix: z.array(z.number()).length(16),
      score: z.number().int(),
      /** How far it moves the corners of the body at most. */
      movementMm: z.number(),
    })
    .optional(),
});

const reference = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('ok'),
    centre: vector,
    mean: z.number(),
    sd: z.number(),
    volumeMl: z.number(),
    withinBand: z.boolean(),
    band: z.tuple([z.number(), z.number()]),
  }),
  z.object({ status: z.literal('not-placed'), reason: z.string() }),
]);

const lesion = z.object({
  /** Order of presentation: L1, L2, … for findings, P1, P2, … for physiological uptake. */
  id: z.string(),
  trackingUid: z.string(),
  label: z.string(),
  segmentNumber: z.number().int(),
  site: code.nullable(),
  laterality: code.nullable(),
  siteConfidence: z.number().nullable(),
  /** Present when the uptake was recognised as physiological: labelled and hidden, never deleted. */
  physiological: z.object({ kind: z.string(), reason: z.string() }).nullable(),
  /** What the model of physiological uptake says; null for an unknown tracer. Probability after the site's calibration. */
  uptake: z
    .object({ physiological: z.number(), logOdds: z.number(), explanation: z.string() })
    .nullable()
    .default(null),
  centroid: vector,
  maximumPosition: vector,
  voxels: z.number().int(),
  suvMax: z.number(),
  suvPeak: z.number().nullable(),
  suvPeakNote: z.string().nullable(),
  suvMean: z.number(),
  suvSd: z.number(),
  suvMin: z.number(),
  mtvMl: z.number(),
  tlgG: z.number(),
  threshold: z.object({ method: z.string(), value: z.number() }),
  /** The voxels of the lesion lie at or above this value; null in summaries from before it was told. */
  outlineSuv: z.number().nullable().default(null),
});

export const petctSummary = z.object({
  schema: z.literal(SUMMARY_SCHEMA),
  pipeline: z.object({ name: z.string(), version: z.string() }),
  run: z.object({ key: z.string(), at: z.string() }),
  notice: z.string(),
  study: z.object({
    studyInstanceUid: z.string(),
    studyDate: z.string().nullable(),
    description: z.string(),
    /** A short hash of the patient ID, so that mixed results can be told apart without naming anyone. */
    patientHash: z.string(),
  }),
  chosen: z.object({
    pet: chosenSeries.nullable(),
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
  /** By whose physiological uptake the study was judged; null without a PET. */
  tracer: z
    .object({
      name: z.enum(['fdg', 'psma', 'psma-1007', 'somatostatin', 'fapi', 'fluoride', 'unknown']),
      title: z.string(),
      /** The agent that the headers name. */
      agent: z.string().nullable(),
      radionuclide: z.string().nullable(),
      /** How it was recognised. */
      reason: z.string(),
      /** Organs that take it up by nature. */
      takenUpBy: z.array(z.string()),
      /** What a reader should know of the method with this tracer. */
      remarks: z.array(z.string()),
    })
    .nullable()
    .default(null),
  suv: suv.nullable(),
  registration: registration.nullable(),
  references: z.object({ liver: reference, bloodPool: reference }).nullable(),
  /** What was found in the CT; the confidence of an organ is that of a good outline, of a vertebra that of its name. */
  anatomy: z.array(
    z.object({
      name: z.string(),
      volumeMl: z.number(),
      confidence: z.number().nullable(),
      findings: z.array(z.string()).optional(),
      /** The model whose outline it is; absent: the own method's. */
      by: z.string().optional(),
    }),
  ),
  /** The site's segmentation model, and how its outlines agree with the own ones. */
  anatomyModel: z
    .object({
      name: z.string(),
      version: z.string(),
      /** Over the file that configures it and the outlines that it gave. */
      sha256: z.string(),
      comparison: z.array(
        z.object({
          name: z.string(),
          /** Null where only the model found it. */
          dice: z.number().nullable(),
          ownMl: z.number(),
          modelMl: z.number(),
        }),
      ),
    })
    .optional(),
  /** What was sought in the CT and not found, and why. */
  anatomyNotFound: z.array(z.object({ name: z.string(), reason: z.string() })).default([]),
  /** Muscle and fat in the plane of L3, mm²; null where it is not in the CT. */
  bodyComposition: z
    .object({
      level: z.literal('L3'),
      z: z.number(),
      muscleMm2: z.number(),
      subcutaneousFatMm2: z.number(),
      visceralFatMm2: z.number(),
      confidence: z.number(),
      findings: z.array(z.string()),
    })
    .nullable()
    .default(null),
  /** The kind of SUV of every uptake below. */
  suvKind: suvKind.nullable(),
  candidates: z.object({
    method: z.string(),
    threshold: z.number().nullable(),
    /** Inside the liver, where its own uptake lies above the threshold. */
    inLiver: z.number().nullable().default(null),
    /** `threshold`, `relative 0.41`, `adapted 0.41` or `gradient`; null where lesions were not sought. */
    outline: z.string().nullable().default(null),
    minimumMl: z.number(),
  }),
  lesions: z.array(lesion),
  physiologicalUptake: z.array(lesion),
  totals: z.object({
    count: z.number().int(),
    mtvMl: z.number(),
    tlgG: z.number(),
    suvMax: z.number().nullable(),
    /** Largest distance between two lesion centroids in mm; null with fewer than two. */
    dmaxMm: z.number().nullable(),
  }),
  /** With a PSMA ligand: expression scores and miTNM of PROMISE, a draft for a person; else null. */
  promise: z
    .object({
      /** Mean SUV; null where it could not be measured. */
      references: z.object({
        bloodPool: z.number().nullable(),
        liver: z.number().nullable(),
        spleen: z.number().nullable(),
        parotid: z.number().nullable(),
      }),
      /** How they were measured, or why not. */
      notes: z.array(z.string()),
      lesions: z.array(
        z.object({
          id: z.string(),
          /** Null where it cannot be assessed; the reason says why. */
          score: z.enum(['0', '1', '2', '3']).nullable(),
          reason: z.string(),
        }),
      ),
      miTnm: z.object({
        t: z.string().nullable(),
        n: z.string().nullable(),
        m: z.string().nullable(),
        reasons: z.array(z.string()),
      }),
    })
    .nullable()
    .default(null),
  objects: resultObjects,

  findings: z.array(finding),
});

export type PetctSummary = z.infer<typeof petctSummary>;
export type PetctLesion = z.infer<typeof lesion>;
