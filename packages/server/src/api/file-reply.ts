import { open } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../operations/index.ts';
import { sendBlocks } from './block-reply.ts';

/** Bytes that never change under their name: a year, and no question whether they did. */
const IMMUTABLE = 'private, max-age=31536000, immutable';

/**
 * Sends a file with a strong validator: 304 for a known ETag, 206 for one byte range (RFC 9110 §14), 416 for a range
 * outside. Several ranges at once get the whole file, which the RFC allows.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
  path: string,
  etag: string,
  contentType = 'application/octet-stream',
): Promise<FastifyReply> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  void reply
    .header('ETag', `"${etag}"`)
    .header('Cache-Control', IMMUTABLE)
    .header('Accept-Ranges', 'bytes')
    .header('Content-Type', contentType);
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim());
  if (known.includes(`"${etag}"`) || known.includes('*')) return reply.status(304).send();
  const asked = byteRange(request, size, etag);
  if (asked === 'outside') return reply.status(416).header('Content-Range', `bytes */${size}`).send();
  const { start, end } = asked ?? { start: 0, end: size - 1 };
  if (asked !== undefined) void reply.status(206).header('Content-Range', `bytes ${start}-${end}/${size}`);
  void reply.header('Content-Length', end - start + 1);
  return await sendBlocks(reply, log, (sink) => sink.file(file, start, end - start + 1));
}

export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** The one range of bytes that is asked for; undefined for all of them. */
export function byteRange(
  request: FastifyRequest,
  size: number,
  etag: string,
): ByteRange | 'outside' | undefined {
  const { range } = request.headers;
  const condition = request.headers['if-range'];
  if (range === undefined || (condition !== undefined && condition !== `"${etag}"`)) return undefined;
  return parse(range, size);
}

function parse(range: string, size: number): ByteRange | 'outside' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range);
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') {
    const last = Number(match[2]);
    return last === 0 || size === 0 ? 'outside' : { start: Math.max(0, size - last), end: size - 1 };
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  return start >= size || end < start ? 'outside' : { start, end };
}
