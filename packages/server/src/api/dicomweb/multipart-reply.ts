import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

export interface OutgoingPart {
  readonly contentType: string;
  readonly location?: string;
  readonly content:
    | { readonly file: string; readonly byteLength: number }
    | { readonly bytes: Uint8Array }
    /** Made when its turn comes; undefined leaves the part out. */
    | { readonly make: () => Promise<Uint8Array | undefined> };
}

/** Files up to this size go out in one piece, read while those before them are sent. */
const AT_ONCE = 8 * 1024 * 1024;
const AHEAD = 3;
const LINE = Buffer.from('\r\n');

/** Sends a multipart/related body (RFC 2387) that is made while it is sent; its length is told where it is known. */
export async function sendParts(
  reply: FastifyReply,
  type: string,
  parts: readonly OutgoingPart[],
): Promise<FastifyReply> {
  const boundary = `photopeak-${randomBytes(12).toString('hex')}`;
  const heads = parts.map((part) => {
    const location = part.location === undefined ? '' : `Content-Location: ${part.location}\r\n`;
    return Buffer.from(`--${boundary}\r\nContent-Type: ${part.contentType}\r\n${location}\r\n`);
  });
  const tail = Buffer.from(`--${boundary}--\r\n`);
  const lengths = parts.map((part, index) => {
    const bytes = lengthOf(part);
    return bytes === undefined ? Number.NaN : heads[index]!.length + bytes + LINE.length;
  });
  const total = lengths.reduce((sum, length) => sum + length, tail.length);
  void reply.header('Content-Type', `multipart/related; type="${type}"; boundary=${boundary}`);
  if (Number.isFinite(total)) void reply.header('Content-Length', total);
  if (parts.length === 1) {
    // A viewer asks for one instance after the other: one write each.
    const whole = await prepared(parts[0]!, heads[0]!);
    if (whole !== undefined) return reply.send(Buffer.concat([...whole, tail]));
  }
  return reply.send(Readable.from(chunks(parts, heads, tail), { objectMode: false, highWaterMark: 1 }));
}

function lengthOf({ content }: OutgoingPart): number | undefined {
  if ('bytes' in content) return content.bytes.byteLength;
  return 'file' in content ? content.byteLength : undefined;
}

async function* chunks(parts: readonly OutgoingPart[], heads: readonly Buffer[], tail: Buffer) {
  const ready: Promise<readonly Uint8Array[] | undefined>[] = [];
  const prepare = (index: number) => {
    const part = parts[index];
    if (part === undefined) return;
    ready[index] = prepared(part, heads[index]!);
    // A client that goes away leaves what was read ahead; whoever awaits it still hears of an error.
    ready[index].catch(() => undefined);
  };
  for (let index = 0; index < AHEAD; index++) prepare(index);
  for (const [index, part] of parts.entries()) {
    const whole = await ready[index];
    delete ready[index];
    prepare(index + AHEAD);
    if (whole !== undefined) yield* whole;
    else if ('file' in part.content) {
      yield heads[index]!;
      yield* createReadStream(part.content.file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
      yield LINE;
    }
  }
  yield tail;
}

/** A part as it goes out, or undefined for one that is streamed or left out. */
async function prepared({ content }: OutgoingPart, head: Buffer): Promise<readonly Uint8Array[] | undefined> {
  if ('bytes' in content) return [head, content.bytes, LINE];
  if ('make' in content) {
    const bytes = await content.make();
    return bytes === undefined ? undefined : [head, bytes, LINE];
  }
  if (content.byteLength > AT_ONCE) return undefined;
  const size = content.byteLength;
  const buffer = Buffer.allocUnsafeSlow(head.length + size + LINE.length);
  head.copy(buffer, 0);
  const handle = await open(content.file, 'r');
  try {
    for (let filled = 0; filled < size; ) {
      const { bytesRead } = await handle.read(buffer, head.length + filled, size - filled, filled);
      if (bytesRead === 0) throw new Error('a file of the archive is shorter than the index says');
      filled += bytesRead;
    }
  } finally {
    await handle.close();
  }
  LINE.copy(buffer, head.length + size);
  return [buffer];
}
