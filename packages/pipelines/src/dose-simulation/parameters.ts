import { z } from 'zod';

/** Parameters of the dose simulation; each is written into the result. */
export const doseSimulationParameters = z.strictObject({
  /** Of the dose of the source. */
  dose: z.number().min(0.01).max(0.99).default(0.25),
  /** The same gives the same noise. */
  seed: z.int().min(0).default(1),
  /** Noise of the detector's electronics, standard deviation in photons a reading. */
  electronicPhotons: z.number().min(0).max(1000).default(5),
  /** Series Instance UID: only this one; empty: every CT volume. */
  series: z.string().max(64).default(''),
});

export type DoseSimulationParameters = z.infer<typeof doseSimulationParameters>;
