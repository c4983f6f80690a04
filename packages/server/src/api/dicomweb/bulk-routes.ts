import { open } from 'node:fs/promises';
import {
  type Dataset,
  type Element,
  type HeaderFile,
  readFileHeader,
  readFilePart10,
} from '@photopeak/dicom';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { NodeContext } from '../../node/context.ts';
import { sendBlocks } from '../block-reply.ts';
import { notFound } from '../errors.ts';
import { byteRange } from '../file-reply.ts';
import { acceptedMedia, matches, notAcceptable } from './accept.ts';
import { INSTANCE_URL, type InstanceAccess, type InstancePath } from './instances.ts';
import { sendParts } from './multipart-reply.ts';
import { nativePlace } from './pixel-source.ts';
import { acceptParameter } from './representation.ts';

const OCTETS = 'application/octet-stream';
const BulkPath = z
  .string()
  .max(400)
  .regex(/^[0-9A-Fa-f]{8}(\/\d{1,6}\/[0-9A-Fa-f]{8})*$/, 'a tag of eight digits, or tag/item/tag');

/** WADO-RS bulk data (PS3.18 §10.4.1.1.5): one value, in little endian; with `Range` where it comes alone. */
export function bulkRoutes(app: FastifyInstance, context: NodeContext, access: InstanceAccess): void {
  const { archive, log } = context;
  app.get<{ Params: InstancePath }>(`${INSTANCE_URL}/bulkdata/*`, async (request, reply) => {
    await access.allow(request);
    const path = BulkPath.parse(request.params['*']).toUpperCase();
    const [row] = await access.find(request.params);
    const choice = acceptedMedia(request.headers.accept, acceptParameter(request)).find((candidate) =>
      matches(candidate, OCTETS),
    );
    if (choice === undefined) {
      throw notAcceptable([OCTETS, `multipart/related; type="${OCTETS}"`], request.headers.accept);
    }
    const value = find(archive.instances.pathOf(row!.sha256), path);
    if (value === undefined) throw notFound(`bulk data ${path}`);
    const location = request.url.split('?')[0]!;
    if (choice.multipart || choice.type === '*') {
      return sendParts(reply, log, OCTETS, [{ contentType: OCTETS, location, content: value }]);
    }
    const size = 'bytes' in value ? value.bytes.byteLength : value.byteLength;
    const range = byteRange(request, size, row!.sha256);
    void reply
      .header('Accept-Ranges', 'bytes')
      .header('ETag', `"${row!.sha256}"`)
      .header('Content-Type', OCTETS);
    if (range === 'outside') return reply.status(416).header('Content-Range', `bytes */${size}`).send();
    if (range !== undefined) {
      void reply.status(206).header('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    void reply.header('Content-Length', end - start + 1);
    if ('bytes' in value) return reply.send(value.bytes.subarray(start, end + 1));
    await using file = await open(value.file, 'r');
    return await sendBlocks(reply, log, (sink) => sink.file(file, value.start + start, end - start + 1));
  });
}

type BulkValue =
  | { readonly bytes: Uint8Array }
  | { readonly file: string; readonly start: number; readonly byteLength: number };

function find(file: string, path: string): BulkValue | undefined {
  const header = readFileHeader(file);
  if (path.startsWith('7FE0')) return pixelData(header, Number.parseInt(path, 16));
  const element = elementAt(header.dataset, path.split('/'));
  return element === undefined ? undefined : bulkValue(element);
}

function pixelData(header: HeaderFile, tag: number): BulkValue | undefined {
  const place = nativePlace(header);
  if (place?.tag === tag) return { file: header.path, start: place.start, byteLength: place.length };
  const element = readFilePart10(header.path).dataset.element(tag);
  return element === undefined ? undefined : bulkValue(element);
}

function elementAt(dataset: Dataset, [tag = '', item, ...rest]: readonly string[]): Element | undefined {
  const element = dataset.element(Number.parseInt(tag, 16));
  if (item === undefined) return element;
  const inner = element?.items()[Number(item) - 1];
  return inner === undefined ? undefined : elementAt(inner, rest);
}

function bulkValue(element: Element): BulkValue | undefined {
  const fragments = element.fragments();
  if (fragments !== undefined) return { bytes: Buffer.concat([...fragments.fragments]) };
  return element.content.kind === 'encoded' ? { bytes: element.bytes() } : undefined;
}
