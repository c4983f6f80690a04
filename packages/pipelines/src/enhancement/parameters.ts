import { z } from 'zod';
import { enhancementTasks } from './method.ts';

/** Parameters of the enhancement pipeline; every one has a default, and each is written into the result. */
export const enhancementParameters = z.strictObject({
  task: z.enum(enhancementTasks).default('denoise'),
  /** A built-in method or a model of the site, `ID` or `ID@VERSION`; auto: the built-in method for the modality. */
  method: z.string().min(1).max(200).default('auto'),
  /** Settings of the method by their names; those left out have the method's defaults. */
  settings: z.record(z.string(), z.json()).default({}),
  /** Series Instance UID: only this one; empty: every series that the method can take. */
  series: z.string().max(64).default(''),
  /** research: what is written carries Content Qualification RESEARCH. */
  phase: z.enum(['research', 'assist', 'production']).default('research'),
});

export type EnhancementParameters = z.infer<typeof enhancementParameters>;
