import type { Readable } from 'node:stream';
import { PhotopeakError } from '@photopeak/imaging';
import { PartReader } from './part-reader.ts';

export interface MultipartPart {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** To be read before the next part; what is left of it is skipped. Its chunks are not copied. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Parts of one request: more than a scanner sends in a day. */
const MOST_PARTS = 100_000;
/** RFC 2046 allows 70 characters; Orthanc writes more. */
const LONGEST_BOUNDARY = 256;

/** The parameters of a multipart/related content type (RFC 2387), or undefined for anything else. */
export function multipartType(
  contentType: string,
): { readonly boundary: string; readonly type: string } | undefined {
  if (!/^\s*multipart\/related\s*(;|$)/i.test(contentType)) return undefined;
  const parameter = (name: string) =>
    new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, 'i')
      .exec(contentType)
      ?.slice(1)
      .find(Boolean);
  const boundary = parameter('boundary');
  if (boundary === undefined || boundary.length > LONGEST_BOUNDARY) return undefined;
  return { boundary, type: (parameter('type') ?? '').toLowerCase() };
}

/**
 * Hands the parts of a multipart body (RFC 2046 §5.1.1) to `take`, one after the other as they stream in; the sender
 * is slowed down to the speed at which they are taken.
 * @throws PhotopeakError HTTP_INPUT for a body that is not what its boundary says, or that ends too early
 */
export async function readParts(
  body: Readable,
  boundary: string,
  take: (part: MultipartPart) => Promise<void>,
): Promise<void> {
  const reader = new PartReader(body, boundary);
  try {
    await reader.skipToDelimiter();
    for (let parts = 0; await reader.beginsPart(); parts++) {
      if (parts === MOST_PARTS) {
        throw new PhotopeakError('the request has too many parts', {
          code: 'HTTP_INPUT',
          expected: `at most ${MOST_PARTS}`,
        });
      }
      const headers = await reader.headers();
      await take({ headers, body: reader.content() });
      await reader.skipToDelimiter();
    }
    // What comes after the last boundary means nothing; it is read so that the connection can be used again.
    await reader.drain();
  } catch (error) {
    if (error instanceof PhotopeakError) throw error;
    throw new PhotopeakError('the multipart body cannot be read', {
      code: 'HTTP_INPUT',
      found: error instanceof Error ? error.message : String(error),
      remedy: 'send it again, whole',
      cause: error,
    });
  }
}
