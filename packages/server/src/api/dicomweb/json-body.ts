import type { Readable } from 'node:stream';
import { PhotopeakError } from '@photopeak/imaging';

/**
 * A JSON body of at most `limit` bytes; undefined for none.
 * @throws PhotopeakError HTTP_INPUT, HTTP_TOO_LARGE
 */
export async function readJson(body: Readable | undefined, limit: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += (chunk as Buffer).length;
    if (length > limit) {
      throw new PhotopeakError('the body is too large', {
        code: 'HTTP_TOO_LARGE',
        expected: `at most ${limit} bytes`,
      });
    }
    chunks.push(chunk as Buffer);
  }
  if (length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw new PhotopeakError('the body is not JSON', { code: 'HTTP_INPUT', cause });
  }
}
