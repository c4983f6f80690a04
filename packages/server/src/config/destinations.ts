import { deidentificationOptions, isKeyword } from '@photopeak/dicom';
import { z } from 'zod';
import { dimseCommitment, webCommitment } from './commitment.ts';
import { aeTitle, name } from './terms.ts';
import { dicomPeerSecurity } from './tls.ts';

/** What `photopeak.yaml` says of destinations that take instances. */

const uid = z.string().regex(/^[0-9.]{1,64}$/, 'a UID');

const area = z.tuple([
  z.int().min(0).describe('left'),
  z.int().min(0).describe('top'),
  z.int().min(1).describe('width'),
  z.int().min(1).describe('height'),
]);

const deidentification = z.strictObject({
  profile: z.literal('basic').default('basic').describe('Basic Profile of PS3.15 annex E.'),
  options: z
    .array(z.enum(deidentificationOptions))
    .default([])
    .describe(
      'Options of the profile. SUV needs retain-patient-characteristics, retain-modified-dates and retain-safe-private.',
    ),
  key: z
    .string()
    .min(16)
    .describe(
      'Secret from which pseudonyms derive, at least 16 characters; may name an environment variable in dollar-braces. Keep it: another key gives other pseudonyms.',
    ),
  regions: z
    .array(
      z.strictObject({
        modality: z.string().optional(),
        manufacturer: z.string().optional(),
        model: z.string().optional(),
        imageType: z.string().optional(),
        rows: z.int().min(1).optional(),
        columns: z.int().min(1).optional(),
        areas: z.array(area).describe('Blanked; none says that the pictures of this device are clean.'),
      }),
    )
    .default([])
    .describe('Where devices write text into pictures, for clean-pixel-data.'),
  safePrivate: z
    .array(
      z.strictObject({
        creator: z.string().min(1).max(64),
        group: z.int().min(9).max(0xffff).describe('Odd.'),
        element: z.int().min(0).max(0xff).describe('Low byte of the element.'),
        vr: z.enum(['DS', 'IS', 'FD', 'FL', 'SS', 'US', 'SL', 'UL', 'CS', 'SH', 'LO', 'DA', 'DT']),
      }),
    )
    .default([])
    .describe('Private elements without identity besides those of the standard.'),
  returnsTo: z
    .array(name)
    .default([])
    .describe('Destinations of what comes back from there, after it got its identity again.'),
});

/** What results are, as a destination may choose among them. */
const objectKinds = ['image', 'segmentation', 'report', 'other'] as const;

/** What every destination of instances has. */
const choices = {
  sopClasses: z.array(uid).default([]).describe('SOP classes that it takes; empty takes all.'),
  kinds: z
    .array(z.enum(objectKinds))
    .default([])
    .describe('Kinds that it takes: image, segmentation, report, other; empty takes all.'),
  transferSyntaxes: z
    .array(uid)
    .default([])
    .describe('Transfer syntaxes that it takes, the best first; empty: as the object is.'),
  otherSyntaxes: z
    .enum(['transcode', 'refuse'])
    .default('transcode')
    .describe('What happens to objects in other transfer syntaxes: changed without loss, or not sent.'),
  characterSet: z.enum(['keep', 'utf-8']).default('keep'),
  segmentations: z
    .enum(['as-is', 'binary', 'labelmap'])
    .default('as-is')
    .describe(
      'Encoding of segmentations: label maps as binary ones, binary ones as label maps, or as they are.',
    ),
  inOrder: z
    .boolean()
    .default(false)
    .describe('One after the other in the order of arrival; the first that cannot be sent holds the others.'),
  deidentify: deidentification
    .optional()
    .describe('Left out: objects are sent with the identity of the patient.'),
};

export const imageDestinations = [
  z.strictObject({
    kind: z.literal('dimse'),
    name,
    aeTitle: aeTitle.describe('Called AE title of the PACS.'),
    host: z.string().min(1),
    port: z.int().min(1).max(65535),
    associations: z.int().min(1).max(16).default(3).describe('Parallel associations.'),
    ...dicomPeerSecurity,
    commitment: dimseCommitment,
    ...choices,
  }),
  z.strictObject({
    kind: z.literal('stow'),
    name,
    url: z.url().describe('DICOMweb root, e.g. http://pacs:8042/dicom-web'),
    username: z.string().optional(),
    password: z.string().optional(),
    token: z.string().optional().describe('Sent as `Authorization: Bearer`.'),
    commitment: webCommitment,
    ...choices,
  }),
  z.strictObject({
    kind: z.literal('folder'),
    name,
    path: z.string().min(1).describe('Folder that files are written to.'),
    template: z
      .string()
      .min(1)
      .max(256)
      .default('{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm')
      .describe('Path below the folder; keywords of attributes in braces. It must tell instances apart.'),
    ...choices,
  }),
  z.strictObject({
    kind: z.literal('s3'),
    name,
    endpoint: z.url().describe('e.g. https://s3.eu-central-1.amazonaws.com or http://minio:9000'),
    region: z.string().min(1).max(64).default('us-east-1'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket'),
    template: z
      .string()
      .min(1)
      .max(256)
      .default('{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm')
      .describe('Key of an object; keywords of attributes in braces.'),
    accessKeyId: z.string().min(1),
    secretAccessKey: z.string().min(1).describe('May name an environment variable in dollar-braces.'),
    ...choices,
  }),
] as const;

export type ImageDestination = z.infer<(typeof imageDestinations)[number]>;

interface Named {
  readonly name: string;
  readonly kind: string;
  readonly template?: string | undefined;
  readonly deidentify?: { readonly returnsTo: readonly string[] } | undefined;
}

/** What a destination names must be there, or its deliveries would wait for ever. */
export function checkDestinations(destinations: readonly Named[], context: z.RefinementCtx): void {
  const takers = new Set(
    destinations.filter(({ kind }) => kind !== 'hl7' && kind !== 'fhir').map(({ name: own }) => own),
  );
  const issue = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
  destinations.forEach(({ template, deidentify }, index) => {
    for (const [, keyword] of template?.matchAll(/\{([^{}]*)\}/g) ?? []) {
      if (!isKeyword(keyword!))
        issue(['destinations', index, 'template'], `"${keyword}" is no keyword of PS3.6`);
    }
    for (const [position, to] of (deidentify?.returnsTo ?? []).entries()) {
      if (!takers.has(to)) {
        issue(
          ['destinations', index, 'deidentify', 'returnsTo', position],
          `no destination of objects is named "${to}"`,
        );
      }
    }
  });
}
