import type { Readable } from 'node:stream';
import { type BulkValue, encapsulate, fromDicomJson, UID, writePart10 } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { readParts } from './multipart.ts';

const METADATA = 'application/dicom+json';
/** Metadata and bulk data come together only when the request has ended, so they are held in memory until then. */
const MOST_BYTES = 512 * 1024 * 1024;

interface Bulk {
  readonly type: string;
  readonly transferSyntax: string | undefined;
  readonly pieces: Uint8Array[];
}

/** An instance that was put together, or why it could not be. */
export type ComposedInstance =
  | { readonly bytes: Uint8Array }
  | { readonly error: unknown; readonly sopClassUid?: string; readonly sopInstanceUid?: string };

/**
 * Puts instances together from DICOM JSON and the parts that its BulkDataURI values name (PS3.18 §10.5.1.2): octets
 * as they are, compressed media types as frames in the order of their parts.
 * @throws PhotopeakError HTTP_INPUT, HTTP_TOO_LARGE
 */
export async function composeInstances(body: Readable, boundary: string): Promise<ComposedInstance[]> {
  const texts: Buffer[] = [];
  const bulk = new Map<string, Bulk>();
  let total = 0;
  await readParts(body, boundary, async (part) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of part.body) {
      total += chunk.length;
      if (total > MOST_BYTES) {
        throw new PhotopeakError('the request is too large to be put together', {
          code: 'HTTP_TOO_LARGE',
          expected: `at most ${MOST_BYTES} bytes`,
          remedy: 'store it as application/dicom, which is streamed',
        });
      }
      chunks.push(Uint8Array.from(chunk));
    }
    const [type = '', ...parameters] = (part.headers['content-type'] ?? '')
      .split(';')
      .map((text) => text.trim());
    if (type.toLowerCase() === METADATA) {
      texts.push(Buffer.concat(chunks));
      return;
    }
    const location = part.headers['content-location'];
    if (location === undefined) throw invalid('a part of bulk data has no Content-Location');
    const syntax = parameters
      .map((parameter) => /^transfer-syntax="?([0-9.]+)"?$/i.exec(parameter)?.[1])
      .find((value) => value !== undefined);
    const present = bulk.get(location);
    if (present === undefined) {
      bulk.set(location, {
        type: type.toLowerCase(),
        transferSyntax: syntax,
        pieces: [Buffer.concat(chunks)],
      });
    } else present.pieces.push(Buffer.concat(chunks));
  });
  return texts.flatMap(datasetsOf).map((json) => compose(json, bulk));
}

function invalid(message: string): PhotopeakError {
  return new PhotopeakError(message, { code: 'HTTP_INPUT' });
}

function datasetsOf(text: Buffer): unknown[] {
  try {
    const json: unknown = JSON.parse(text.toString('utf8'));
    return Array.isArray(json) ? json : [json];
  } catch {
    throw invalid('the metadata is not JSON');
  }
}

function compose(json: unknown, bulk: ReadonlyMap<string, Bulk>): ComposedInstance {
  let transferSyntaxUid: string = UID.ExplicitVRLittleEndian;
  try {
    const dataset = fromDicomJson(json, {
      bulkData: (uri): BulkValue | undefined => {
        const found = bulk.get(uri);
        if (found === undefined) return undefined;
        if (found.type === 'application/octet-stream') return Buffer.concat(found.pieces);
        if (found.transferSyntax === undefined) return undefined;
        transferSyntaxUid = found.transferSyntax;
        return encapsulate(found.pieces);
      },
    });
    dataset.delete('AvailableTransferSyntaxUID');
    return { bytes: writePart10({ dataset, transferSyntaxUid }) };
  } catch (error) {
    const text = (tag: string) => {
      const value = (json as Record<string, { Value?: unknown[] }> | null)?.[tag]?.Value?.[0];
      return typeof value === 'string' && value.length <= 64 ? value : undefined;
    };
    const [sopClassUid, sopInstanceUid] = [text('00080016'), text('00080018')];
    return {
      error,
      ...(sopClassUid === undefined ? {} : { sopClassUid }),
      ...(sopInstanceUid === undefined ? {} : { sopInstanceUid }),
    };
  }
}
