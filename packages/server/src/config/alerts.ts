import { z } from 'zod';
import { name } from './terms.ts';

export const alertKinds = [
  'study-incomplete',
  'run-failed',
  'delivery-failed',
  'message-failed',
  'archive',
  'archive-problem',
  'workers',
  'model-failing',
] as const;

/** Who is told of alerts. */
export const alerts = z
  .strictObject({
    everySeconds: z.number().min(0.1).max(3600).default(15).describe('How often causes are looked for.'),
    webhooks: z
      .array(
        z.strictObject({
          name,
          url: z.url({ protocol: /^https?$/ }).describe('Gets a POST with JSON for each alert and its end.'),
          secret: z
            .string()
            .min(24)
            .describe(
              'Signs each request (HMAC-SHA-256); may name an environment variable in dollar-braces.',
            ),
          kinds: z.array(z.enum(alertKinds)).default([]).describe('Empty: all.'),
          timeoutSeconds: z.number().min(0.1).max(600).default(10),
        }),
      )
      .default([]),
  })
  .prefault({});
