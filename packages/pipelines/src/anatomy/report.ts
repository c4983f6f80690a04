import { ctStructureNames, lobeNames } from '@photopeak/analysis';
import { z } from 'zod';

/** JSON of `photopeak anatomy --json`. Documented in docs/anatomy.md. */
export const ANATOMY_SCHEMA = 'photopeak/anatomy/1';

const name = z.enum(ctStructureNames);

const structure = z.object({
  name,
  /** As it is called in objects. */
  label: z.string(),
  /** Value in the NIfTI label map and segment number of the SEG; null where it was not found. */
  number: z.int().nullable(),
  volumeMl: z.number(),
  /** Of an organ the probability of a good outline, of a vertebra that of its name, of others a rule of thumb. */
  confidence: z.number().min(0).max(1),
  from: z.enum(['own', 'model']),
  findings: z.array(z.string()),
});

export const anatomyReport = z.object({
  schema: z.literal(ANATOMY_SCHEMA),
  /** `seriesInstanceUid` is null for a NIfTI image. */
  image: z.object({ description: z.string(), seriesInstanceUid: z.string().nullable() }),
  structures: z.array(structure),
  /** Lobes of the lungs: parts of `lungRight` and `lungLeft`, with numbers of their own. */
  lobes: z.array(
    z.object({
      name: z.enum(lobeNames),
      label: z.string(),
      /** Value in lobes.nii.gz and segment number of lobes-seg.dcm; null where it was left out. */
      number: z.int().nullable(),
      volumeMl: z.number(),
      confidence: z.number().min(0).max(1),
      findings: z.array(z.string()),
    }),
  ),
  /** Muscle and fat in the plane of L3, mm²; null where it is not in the scan. */
  bodyComposition: z
    .object({
      level: z.literal('L3'),
      /** LPS mm. */
      z: z.number(),
      muscleMm2: z.number(),
      subcutaneousFatMm2: z.number(),
      visceralFatMm2: z.number(),
      /** Probability that the plane is that of L3. */
      confidence: z.number(),
      findings: z.array(z.string()),
      /** Skeletal muscle index, cm²/m²; null where the height is not known. */
      muscleIndexCm2PerM2: z.number().nullable(),
    })
    .nullable(),
  /** Structure by structure, where a model was given. */
  comparison: z.array(
    z.object({
      name,
      /** Null where only the model found it. */
      dice: z.number().nullable(),
      ownMl: z.number(),
      modelMl: z.number(),
      confidence: z.number(),
      findings: z.array(z.string()),
    }),
  ),
});

export type AnatomyReport = z.infer<typeof anatomyReport>;
export type AnatomyStructure = z.infer<typeof structure>;
