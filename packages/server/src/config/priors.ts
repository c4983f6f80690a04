import { z } from 'zod';
import { aeTitle, name } from './terms.ts';
import { dicomPeerSecurity } from './tls.ts';

const limits = {
  concurrent: z.int().min(1).max(16).default(1).describe('Studies fetched at the same time.'),
  perHour: z.int().min(1).max(10_000).default(60).describe('Studies fetched within any 60 minutes.'),
};

/** A PACS or VNA that is asked for studies from before. */
export const imageArchive = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('dimse'),
    name,
    aeTitle: aeTitle.describe('Called AE title of the archive.'),
    host: z.string().min(1),
    port: z.int().min(1).max(65535),
    ...dicomPeerSecurity,
    retrieve: z
      .enum(['get', 'move'])
      .default('get')
      .describe('move: the archive must know address and port of this node by its AE title.'),
    ...limits,
  }),
  z.strictObject({
    kind: z.literal('dicomweb'),
    name,
    url: z.url().describe('DICOMweb root, e.g. http://vna:8042/dicom-web'),
    username: z.string().optional(),
    password: z.string().optional(),
    token: z.string().optional().describe('Sent as `Authorization: Bearer`.'),
    ...limits,
  }),
]);
export type ImageArchive = z.infer<typeof imageArchive>;

const words = z.union([z.string().min(1).max(64), z.array(z.string().min(1).max(64)).min(1)]);

export const priorRule = z.strictObject({
  name,
  when: z
    .strictObject({
      modality: words.optional(),
      description: words.optional().describe('Part of the description of the new study or order.'),
      reason: words.optional().describe('Part of the reason for examination or the clinical information.'),
    })
    .prefault({})
    .describe('Of the new study or its order. All that is given must hold; of a list one is enough.'),
  take: z
    .strictObject({
      modality: words.optional(),
      description: words.optional().describe('Part of the description of the study from before.'),
      sameRegion: z
        .boolean()
        .default(false)
        .describe('Of the same region of the body, as far as both descriptions name one.'),
      withinDays: z.int().min(1).max(36_500).default(1826),
      most: z.int().min(1).max(50).default(3).describe('The newest so many.'),
    })
    .prefault({}),
  from: z.array(name).min(1).describe('Names of archives.'),
});
export type PriorRule = z.infer<typeof priorRule>;
