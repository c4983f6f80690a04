import { z } from 'zod';
import { aeTitle } from './terms.ts';
import { dicomPeerSecurity } from './tls.ts';

/** What `photopeak.yaml` says of storage commitment (PS3.4 annex J, PS3.18 section 13). */

const asking = {
  answerMinutes: z
    .number()
    .min(0.01)
    .max(10_080)
    .default(60)
    .describe('Without a report for this long the destination is asked again.'),
  asks: z.int().min(1).max(1000).default(5).describe('So often without a report; then somebody must look.'),
  resends: z
    .int()
    .min(0)
    .max(100)
    .default(3)
    .describe('An instance that is not committed to is sent again so often; then somebody must look.'),
};

/** `true` is all defaults; false or left out asks for no commitment. */
const orBoolean = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .union([z.boolean(), z.strictObject(shape)])
    .transform((value) => (value === true ? {} : value))
    .pipe(z.union([z.literal(false), z.strictObject(shape)]))
    .prefault(false);

export const dimseCommitment = orBoolean({
  ...asking,
  holdSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(2)
    .describe('How long the association that asked stays open for the report.'),
  reportsFrom: aeTitle
    .optional()
    .describe('Calling AE title of the report, where it is another than `aeTitle`.'),
}).describe(
  'Ask for storage commitment after C-STORE: an instance counts as delivered when it is committed to.',
);

export const webCommitment = orBoolean({
  ...asking,
  checkSeconds: z
    .number()
    .min(0.1)
    .max(86_400)
    .default(30)
    .describe('How often a request that is not answered yet is looked at.'),
}).describe('Ask for storage commitment after STOW-RS (PS3.18 section 13).');

export type CommitmentSettings =
  | Exclude<z.output<typeof dimseCommitment>, false>
  | Exclude<z.output<typeof webCommitment>, false>;

/** Where a source wants to hear what this node commits to. */
export const reportTo = z
  .strictObject({
    host: z.string().min(1),
    port: z.int().min(1).max(65535),
    ...dicomPeerSecurity,
  })
  .optional()
  .describe(
    'Reports of storage commitment go there, over an association of their own; left out: over the one that asked.',
  );
