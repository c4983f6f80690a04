import type { Readable } from 'node:stream';
import { Dicer } from '@fastify/busboy';
import { PhotopeakError } from '@photopeak/imaging';

export interface MultipartPart {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
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
 * Hands the parts of a multipart body to `take`, one after the other as they stream in; the sender is slowed down to
 * the speed at which they are taken.
 * @throws PhotopeakError HTTP_INPUT for a body that is not what its boundary says
 */
export async function readParts(
  body: Readable,
  boundary: string,
  take: (part: MultipartPart) => Promise<void>,
): Promise<void> {
  const dicer = new Dicer({ boundary });
  let parts = 0;
  let chain: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: unknown) => {
      body.unpipe(dicer);
      reject(cause instanceof PhotopeakError ? cause : malformed(cause));
    };
    dicer.on('part', (part) => {
      parts += 1;
      if (parts > MOST_PARTS) {
        fail(
          new PhotopeakError('the request has too many parts', {
            code: 'HTTP_INPUT',
            expected: `at most ${MOST_PARTS}`,
          }),
        );
        return;
      }
      const headers = new Promise<Record<string, string>>((known) => {
        part.on('header', (header: object) => known(flatten(header as Record<string, string[]>)));
        part.on('end', () => known({}));
      });
      part.on('error', fail);
      chain = chain.then(async () =>
        take({ headers: await headers, body: part as AsyncIterable<Uint8Array> }),
      );
      chain.catch(fail);
    });
    dicer.on('error', fail);
    dicer.on('finish', () => chain.then(resolve, fail));
    body.on('error', fail);
    body.on('aborted', () => fail(new Error('the sender went away')));
    body.pipe(dicer);
  });
}

function flatten(header: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(header).map(([name, values]) => [name.toLowerCase(), values[0] ?? '']),
  );
}

function malformed(cause: unknown): PhotopeakError {
  return new PhotopeakError('the multipart body cannot be read', {
    code: 'HTTP_INPUT',
    found: cause instanceof Error ? cause.message : String(cause),
    remedy: 'check the boundary and that the body is complete',
    cause,
  });
}
