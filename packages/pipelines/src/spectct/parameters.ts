import { z } from 'zod';

/** Parameters of spectct; every one has a default, and each is written into the result. */
export const spectctParameters = z.strictObject({
  /** What was given; `auto`: as the headers name it. */
  tracer: z.enum(['auto', 'bone', 'somatostatin', 'psma', 'mibg', 'other']).default('auto'),
  /**
   * Counts per second of a reconstructed image for each megabecquerel, measured by the site on a phantom with the same
   * nuclide, collimator and reconstruction; 0: not known, counts stay relative.
   */
  sensitivityCpsPerMBq: z.number().min(0).max(10_000).default(0),
  /** Duration of the whole acquisition in seconds, where the header lacks it or is wrong; 0: as written. */
  acquisitionSeconds: z.number().min(0).max(36_000).default(0),
  /** Administered activity in MBq, where the headers lack it; 0: as written. */
  administeredMBq: z.number().min(0).max(50_000).default(0),
  /** Time of the administration, local ISO 8601 (`2025-03-10T09:15:00`), where the headers lack it; empty: as written. */
  administeredAt: z
    .string()
    .regex(/^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})?$/, 'a date-time such as 2025-03-10T09:15:00')
    .default(''),
  /** Share of its maximum at which a focus is outlined. */
  outlineShare: z.number().min(0.2).max(0.8).default(0.42),
  /** Smallest focus in ml. */
  minimumMl: z.number().min(0).max(1000).default(1),
  /** Relative standard uncertainty of the activity of a region, for the fit over time. */
  activityUncertainty: z.number().min(0.01).max(1).default(0.1),
  /**
   * Recovery of activity in small regions, as a site measures it on spheres with the same outline: 1 / (1 + (v / V)^b) for a
   * volume V in ml. 0: not known, nothing is corrected.
   */
  recoveryVolumeMl: z.number().min(0).max(1000).default(0),
  recoveryExponent: z.number().min(0.1).max(5).default(1),
  /** Whether the SPECT is deformed to the CT where that is better by what was held back. */
  deformable: z.enum(['auto', 'never']).default('auto'),
  /** A movement between SPECT and CT that the images suggest is reported from so many mm on. */
  misalignmentLimitMm: z.number().min(0).max(100).default(8),
  /** At most so many foci get a picture of their own, the hottest first. */
  captures: z.int().min(0).max(100).default(20),
});

export type SpectctParameters = z.infer<typeof spectctParameters>;
