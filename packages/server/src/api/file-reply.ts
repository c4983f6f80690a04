import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Bytes that never change under their name: a year, and no question whether they did. */
const IMMUTABLE = 'private, max-age=31536000, immutable';

/**
 * Sends a file with a strong validator: 304 for a known ETag, 206 for one byte range (RFC 9110 §14), 416 for a range
 * outside. Several ranges at once get the whole file, which the RFC allows.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: string,
  etag: string,
): Promise<FastifyReply> {
  const { size } = await stat(file);
  void reply
    .header('ETag', `"${etag}"`)
    .header('Cache-Control', IMMUTABLE)
    .header('Accept-Ranges', 'bytes')
    .header('Content-Type', 'application/octet-stream');
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim());
  if (known.includes(`"${etag}"`) || known.includes('*')) return reply.status(304).send();
  const { range } = request.headers;
  const condition = request.headers['if-range'];
  const asked =
    range === undefined || (condition !== undefined && condition !== `"${etag}"`)
      ? undefined
      : parse(range, size);
  if (asked === undefined) {
    return reply.header('Content-Length', size).send(createReadStream(file, { highWaterMark: 1024 * 1024 }));
  }
  if (asked === 'outside') return reply.status(416).header('Content-Range', `bytes */${size}`).send();
  return reply
    .status(206)
    .header('Content-Range', `bytes ${asked.start}-${asked.end}/${size}`)
    .header('Content-Length', asked.end - asked.start + 1)
    .send(createReadStream(file, { start: asked.start, end: asked.end }));
}

function parse(range: string, size: number): { start: number; end: number } | 'outside' | undefined {
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
