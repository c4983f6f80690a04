import { z } from 'zod';

export const DOSE_SIMULATION_SCHEMA = 'photopeak/dose-simulation/1';

/** summary.json. */
export const doseSimulationSummary = z.object({
  schema: z.literal(DOSE_SIMULATION_SCHEMA),
  notice: z.string(),
  /** Of the dose of the sources. */
  dose: z.number(),
  seed: z.number(),
  series: z.array(
    z.object({
      seriesInstanceUid: z.string(),
      description: z.string(),
      kernel: z.string().nullable(),
      result: z.object({
        seriesInstanceUid: z.string(),
        seriesNumber: z.number(),
        description: z.string(),
        instanceCount: z.number(),
      }),
      /** Median noise of soft tissue, HU, as measured in both. */
      noiseHu: z.object({ before: z.number(), after: z.number().nullable() }),
      /** Photons a reading through air that the noise of the source amounts to. */
      photons: z.number(),
      /** Patches of flat tissue that told the kernel; 0: a Hann window was taken. */
      patches: z.number(),
      sliceCorrelation: z.number(),
    }),
  ),
  /** CT that stays as it is. */
  left: z.array(z.object({ seriesInstanceUid: z.string(), description: z.string(), reason: z.string() })),
});
export type DoseSimulationSummary = z.infer<typeof doseSimulationSummary>;
