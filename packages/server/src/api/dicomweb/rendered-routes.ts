import { readFileHeader, readFilePart10, UID } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { NodeContext } from '../../node/context.ts';
import { acceptedMedia, matches, notAcceptable } from './accept.ts';
import { FrameList } from './frame-routes.ts';
import {
  INSTANCE_URL,
  type InstanceAccess,
  type InstancePath,
  type InstanceRequest,
  SERIES_URL,
  STUDY_URL,
  type StoredInstance,
} from './instances.ts';
import { sendParts } from './multipart-reply.ts';
import type { PixelSource } from './pixel-source.ts';
import { type PictureType, type RenderParameters, renderFrame, renderParameters } from './render/index.ts';
import { acceptParameter } from './representation.ts';

const TYPES: readonly PictureType[] = ['image/jpeg', 'image/png'];
/** Larger series are asked for by frame, or fetched. */
const MOST_PICTURES = 500;
const THUMBNAIL = 128;

/** WADO-RS rendered images and thumbnails (PS3.18 §10.4.1.1.3, §10.4.1.1.4). */
export function renderedRoutes(
  app: FastifyInstance,
  context: NodeContext,
  access: InstanceAccess,
  open: (file: string) => PixelSource,
): void {
  const fileOf = (row: StoredInstance) => context.archive.instances.pathOf(row.sha256);

  async function rendered(request: InstanceRequest, reply: FastifyReply): Promise<FastifyReply> {
    await access.allow(request);
    const parameters = renderParameters(request.query as Record<string, string | string[]>);
    const rows = await access.find(request.params);
    if (request.params.instance !== undefined && rows[0]!.sop_class_uid === UID.EncapsulatedPDFStorage) {
      return sendDocument(reply, fileOf(rows[0]!));
    }
    const pictures = picturesOf(rows, request.params.frames);
    const { type, multipart } = pictureType(request, pictures.length);
    if (!multipart) {
      const [{ row, frame }] = pictures as [Picture];
      return reply
        .header('Content-Type', type)
        .send(await renderFrame(open(fileOf(row)), frame, parameters, type));
    }
    return sendParts(
      reply,
      context.log,
      type,
      pictures.map(({ row, frame }) => ({
        contentType: type,
        content: { make: () => renderFrame(open(fileOf(row)), frame, parameters, type) },
      })),
    );
  }

  async function thumbnail(request: InstanceRequest, reply: FastifyReply): Promise<FastifyReply> {
    await access.allow(request);
    const asked = renderParameters(request.query as Record<string, string | string[]>);
    const rows = (await access.find(request.params)).filter((row) => row.rows !== null);
    const row = representative(rows);
    if (row === undefined) throw notAPicture();
    const { type } = pictureType(request, 1);
    const frame =
      request.params.frames === undefined
        ? Math.ceil(Math.max(1, row.number_of_frames ?? 1) / 2)
        : FrameList.parse(request.params.frames)[0]!;
    const parameters: RenderParameters = {
      ...asked,
      viewport: asked.viewport ?? { columns: THUMBNAIL, rows: THUMBNAIL, source: undefined },
    };
    return reply
      .header('Content-Type', type)
      .send(await renderFrame(open(fileOf(row)), frame, parameters, type));
  }

  for (const url of [STUDY_URL, SERIES_URL, INSTANCE_URL, `${INSTANCE_URL}/frames/:frames`]) {
    app.get<{ Params: InstancePath }>(`${url}/rendered`, rendered);
    app.get<{ Params: InstancePath }>(`${url}/thumbnail`, thumbnail);
  }
}

interface Picture {
  readonly row: StoredInstance;
  readonly frame: number;
}

/** The frames that a request means: those it lists, or all. */
function picturesOf(rows: readonly StoredInstance[], list: string | undefined): Picture[] {
  const images = rows.filter((row) => row.rows !== null);
  if (images.length === 0) throw notAPicture();
  const count = images.reduce((sum, row) => sum + Math.max(1, row.number_of_frames ?? 1), 0);
  const frames = list === undefined ? undefined : FrameList.parse(list);
  if ((frames?.length ?? count) > MOST_PICTURES) {
    throw new PhotopeakError('these are too many pictures for one answer', {
      code: 'HTTP_TOO_LARGE',
      expected: `at most ${MOST_PICTURES}`,
      found: String(frames?.length ?? count),
      remedy: 'ask for single series, instances or frames',
    });
  }
  return images.flatMap((row) => {
    const every = Array.from({ length: Math.max(1, row.number_of_frames ?? 1) }, (_, index) => index + 1);
    return (frames ?? every).map((frame) => ({ row, frame }));
  });
}

function pictureType(
  request: InstanceRequest,
  count: number,
): { readonly type: PictureType; readonly multipart: boolean } {
  const { accept } = request.headers;
  for (const choice of acceptedMedia(accept, acceptParameter(request))) {
    const type = TYPES.find((candidate) => matches(choice, candidate));
    if (type === undefined || (!choice.multipart && choice.type !== '*' && count > 1)) continue;
    return { type, multipart: choice.multipart || count > 1 };
  }
  const offered = count > 1 ? TYPES.map((type) => `multipart/related; type="${type}"`) : TYPES;
  throw notAcceptable(offered, accept);
}

/** The middle image of the series with the most images. */
function representative(rows: readonly StoredInstance[]): StoredInstance | undefined {
  const series = [...Map.groupBy(rows, (row) => row.series_instance_uid).values()];
  const largest = series.sort((a, b) => b.length - a.length)[0];
  return largest?.[Math.floor(largest.length / 2)];
}

function notAPicture(): PhotopeakError {
  return new PhotopeakError('this is not an image', {
    code: 'HTTP_NOT_ACCEPTABLE',
    expected: 'an instance with pixel data, or an encapsulated PDF',
    remedy: 'retrieve the instance itself',
  });
}

/** The PDF inside; its own length is (0042,0015), since values have an even one. */
function sendDocument(reply: FastifyReply, file: string): FastifyReply {
  const length = readFileHeader(file).dataset.number('EncapsulatedDocumentLength');
  const bytes = readFilePart10(file).dataset.bytes('EncapsulatedDocument');
  if (bytes === undefined) throw notAPicture();
  const end = length !== undefined && length > 0 && length <= bytes.length ? length : bytes.length;
  return reply
    .header('Content-Type', 'application/pdf')
    .header('Content-Security-Policy', 'sandbox')
    .send(Buffer.from(bytes.subarray(0, end)));
}
