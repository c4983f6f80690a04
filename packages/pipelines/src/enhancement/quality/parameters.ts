import { qualityChecks } from '@photopeak/analysis';
import { z } from 'zod';

const bound = z.number().nullable().optional();
/** `flag`: beyond it a person is told; `hold`: beyond it the series is held back; null: never. Left out: as by default. */
const limits = z.partialRecord(z.enum(qualityChecks), z.strictObject({ flag: bound, hold: bound }));

/** How enhanced series are checked before they leave. */
export const qualityParameters = z.strictObject({
  /** Off: nothing is checked and nothing held back; the summary says so. */
  isOn: z.boolean().default(true),
  /** Run the method again on the image with small test lesions and with a little noise added: three times the time. */
  trials: z.boolean().default(false),
  /** Share of the series that pass at which a physicist or technologist is asked to look as well. */
  sampleShare: z.number().min(0).max(1).default(0.05),
  /** Write what was found as a Content Assessment Results object as well, one for each enhanced series. */
  contentAssessment: z.boolean().default(false),
  /** Limits of the site, by check. */
  limits: limits.default({}),
  /** Limits of the site for a model or method, by `ID` or `ID@VERSION`, over those above. */
  models: z.record(z.string(), limits).default({}),
});

export type QualityParameters = z.infer<typeof qualityParameters>;
