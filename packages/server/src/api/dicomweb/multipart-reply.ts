import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';

export interface OutgoingPart {
  readonly contentType: string;
  readonly location?: string;
  /** A file that is streamed, or bytes. */
  readonly content: { readonly file: string } | { readonly bytes: Uint8Array };
}

/** A multipart/related body (RFC 2387) that is made while it is sent: one file is open at a time. */
export function multipartBody(
  type: string,
  parts: AsyncIterable<OutgoingPart> | Iterable<OutgoingPart>,
): { readonly contentType: string; readonly stream: Readable } {
  const boundary = `photopeak-${randomBytes(12).toString('hex')}`;
  async function* chunks() {
    for await (const part of parts) {
      const location = part.location === undefined ? '' : `Content-Location: ${part.location}\r\n`;
      yield Buffer.from(`--${boundary}\r\nContent-Type: ${part.contentType}\r\n${location}\r\n`);
      if ('bytes' in part.content) yield part.content.bytes;
      else
        yield* createReadStream(part.content.file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
      yield Buffer.from('\r\n');
    }
    yield Buffer.from(`--${boundary}--\r\n`);
  }
  return {
    contentType: `multipart/related; type="${type}"; boundary=${boundary}`,
    stream: Readable.from(chunks(), { objectMode: false }),
  };
}
