import { modelTasks } from '@photopeak/models';
import { z } from 'zod';
import { enhancementTasks } from './method.ts';
import { qualityParameters } from './quality/parameters.ts';
import { enhancementRule } from './rules.ts';

const phase = z.enum(['research', 'assist', 'production']);

/** Parameters of the enhancement pipeline; every one has a default, and each is written into the result. */
export const enhancementParameters = z.strictObject({
  task: z.enum(enhancementTasks).default('denoise'),
  /** A built-in method or a model of the site, `ID` or `ID@VERSION`; auto: the built-in method for the modality. */
  method: z.string().min(1).max(200).default('auto'),
  /** Settings of the method by their names; those left out have the method's defaults. */
  settings: z.record(z.string(), z.json()).default({}),
  /** Series Instance UID: only this one; empty: every series that the method can take. */
  series: z.string().max(64).default(''),
  /**
   * Decide series by series: the first rule that holds says what is done with it, and a series for which none holds
   * stays as it is. Where there are rules, task, method and settings above are not looked at.
   */
  rules: z.array(enhancementRule).max(100).default([]),
  /** Filled in by the node: versions of the models that this run may use. */
  models: z
    .array(
      z.strictObject({
        id: z.string(),
        version: z.string(),
        digest: z.string(),
        phase,
        task: z.enum(modelTasks),
        modalities: z.array(z.string()),
        modality: z.string(),
        protocol: z.string(),
      }),
    )
    .default([]),
  /** research: what is written carries Content Qualification RESEARCH. */
  phase: phase.default('research'),
  /** How what is made is checked, and what is held back. */
  quality: qualityParameters.prefault({}),
});

export type EnhancementParameters = z.infer<typeof enhancementParameters>;
