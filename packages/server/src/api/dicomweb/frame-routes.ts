import { canEncode, encodeFrame, UID } from '@photopeak/dicom';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { NodeContext } from '../../node/context.ts';
import { acceptedMedia, type MediaChoice, matches, notAcceptable } from './accept.ts';
import { INSTANCE_URL, type InstanceAccess, type InstancePath } from './instances.ts';
import { type OutgoingPart, sendParts } from './multipart-reply.ts';
import type { PixelSource } from './pixel-source.ts';
import { acceptParameter } from './representation.ts';

const MOST_FRAMES = 4_096;
export const FrameList = z
  .string()
  .max(16_384)
  .regex(/^\d{1,9}(,\d{1,9})*$/, 'frames are whole numbers from 1, separated by commas')
  .transform((text) => text.split(',').map(Number))
  .refine((frames) => frames.length <= MOST_FRAMES, `at most ${MOST_FRAMES} frames at once`);

/** Media types of compressed frames, PS3.18 Table 8.7.3-5; the first syntax of each is its default. */
const MEDIA: readonly (readonly [type: string, syntaxes: readonly string[]])[] = [
  ['image/jpeg', [UID.JPEGLosslessSV1, UID.JPEGLossless, UID.JPEGBaseline8Bit, UID.JPEGExtended12Bit]],
  ['image/dicom-rle', [UID.RLELossless]],
  ['image/jls', [UID.JPEGLSLossless, UID.JPEGLSNearLossless]],
  ['image/jp2', [UID.JPEG2000Lossless, UID.JPEG2000]],
  ['image/jphc', [UID.HTJ2KLossless, UID.HTJ2KLosslessRPCL, UID.HTJ2K]],
];
const OCTETS = 'application/octet-stream';

interface Form {
  readonly media: string;
  readonly syntax: string;
}

/** WADO-RS frames (PS3.18 §10.4.1.1.6): as stored, decoded, or compressed without loss. */
export function frameRoutes(
  app: FastifyInstance,
  context: NodeContext,
  access: InstanceAccess,
  open: (file: string) => PixelSource,
): void {
  const { archive } = context;
  app.get<{ Params: InstancePath }>(`${INSTANCE_URL}/frames/:frames`, async (request, reply) => {
    await access.allow(request);
    const frames = FrameList.parse(request.params.frames);
    const [row] = await access.find(request.params);
    const source = open(archive.instances.pathOf(row!.sha256));
    for (const choice of acceptedMedia(request.headers.accept, acceptParameter(request))) {
      if (!choice.multipart && choice.type !== '*' && frames.length > 1) continue;
      const form = formFor(source, choice);
      if (form === undefined) continue;
      const contentType = `${form.media}; transfer-syntax=${form.syntax}`;
      const parts: OutgoingPart[] = [];
      for (const frame of frames) {
        parts.push({ contentType, content: { bytes: await frameBytes(source, frame, form) } });
      }
      if (!choice.multipart && choice.type !== '*') {
        const [part] = parts;
        const { bytes } = part!.content as { bytes: Uint8Array };
        return reply.header('Content-Type', contentType).send(bytes);
      }
      return sendParts(reply, context.log, form.media, parts);
    }
    throw notAcceptable(
      [OCTETS, ...MEDIA.map(([type]) => type)].map((type) => `multipart/related; type="${type}"`),
      request.headers.accept,
    );
  });
}

function storedForm(source: PixelSource): Form | undefined {
  const media = MEDIA.find(([, syntaxes]) => syntaxes.includes(source.transferSyntaxUid))?.[0];
  return source.compressed && media !== undefined ? { media, syntax: source.transferSyntaxUid } : undefined;
}

/** How frames can be given for a choice of the client, if they can. */
function formFor(source: PixelSource, choice: MediaChoice): Form | undefined {
  const { transferSyntax } = choice;
  const stored = storedForm(source);
  const octets = { media: OCTETS, syntax: UID.ExplicitVRLittleEndian };
  if (matches(choice, OCTETS)) {
    // Viewers ask for octets with `transfer-syntax=*` and mean the frames as they are.
    const asIs = transferSyntax === '*' || (transferSyntax === undefined && choice.type === '*');
    if (asIs) return stored ?? octets;
    if (transferSyntax === undefined || transferSyntax === octets.syntax) return octets;
  }
  for (const [media, syntaxes] of MEDIA) {
    if (!matches(choice, media)) continue;
    const wanted = transferSyntax === undefined || transferSyntax === '*' ? syntaxes : [transferSyntax];
    if (stored?.media === media && wanted.includes(stored.syntax)) return stored;
    const syntax = wanted.find((candidate) => syntaxes.includes(candidate) && canEncode(candidate));
    if (syntax !== undefined) return { media, syntax };
  }
  return undefined;
}

async function frameBytes(source: PixelSource, frame: number, { syntax }: Form): Promise<Uint8Array> {
  if (syntax === UID.ExplicitVRLittleEndian) return source.decoded(frame);
  if (syntax === source.transferSyntaxUid) return source.stored(frame);
  const { pixel } = source;
  const { data, rows, columns, samples, photometric } = await source.picture(frame, 'stored');
  const { bitsAllocated, bitsStored, signed } = pixel;
  const encoded = await encodeFrame(
    { data, rows, columns, samples, bitsAllocated, bitsStored, signed, photometric },
    syntax,
  );
  return encoded.bytes;
}
