import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { readFileHeader } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { fillTemplate } from '../path-template.ts';
import type { DeliveryItem, DeliveryOutcome, Sender } from '../sender.ts';
import { exchange, type HttpAnswer } from '../stow/http-exchange.ts';
import { encodeKey, type SigningKey, signRequest } from './sign-request.ts';

export interface S3Destination extends SigningKey {
  readonly endpoint: string;
  readonly bucket: string;
  readonly template: string;
  readonly silenceMs?: number;
}

const DEFAULT_SILENCE_MS = 120_000;
const EMPTY_SHA256 = createHash('sha256').digest('hex');
/** The same bytes will be refused again. */
const PERMANENT: ReadonlySet<number> = new Set([400, 405, 411, 413]);

/**
 * Delivery into a bucket: one PUT for each object, path style, signed with the hash of its bytes, so that what is there
 * is what was sent. The same instance again replaces its object by an equal one.
 */
export function createS3Sender(destination: S3Destination): Sender {
  return {
    async *send(items, signal) {
      for (const item of items) {
        if (signal?.aborted === true) return;
        yield await put(destination, item, signal);
      }
    },
    async check(signal) {
      const url = new URL(`${root(destination)}?list-type=2&max-keys=0`);
      const answer = await call(destination, { method: 'GET', url, sha256: EMPTY_SHA256 }, signal);
      if (answer instanceof PhotopeakError) throw answer;
      if (answer.status === 200) return;
      throw new PhotopeakError('The bucket of a destination does not let this node in.', {
        code: 'DELIVERY_S3_FAILED',
        expected: 'HTTP 200',
        found: described(answer),
        where: `${url.origin}${url.pathname}`,
        remedy: 'Check endpoint, region, bucket and the rights of the access key.',
      });
    },
  };
}

const root = ({ endpoint, bucket }: S3Destination) => `${endpoint.replace(/\/+$/, '')}/${bucket}`;

async function put(
  destination: S3Destination,
  item: DeliveryItem,
  signal: AbortSignal | undefined,
): Promise<DeliveryOutcome> {
  let key: string;
  let sha256: string;
  let byteLength: number;
  try {
    key = fillTemplate(destination.template, readFileHeader(item.file).dataset);
    byteLength = (await stat(item.file)).size;
    sha256 = await hashOf(item.file);
  } catch (error) {
    const code = error instanceof PhotopeakError ? error.code : 'DELIVERY_FILE_UNREADABLE';
    return { item, result: 'refused', status: code, isTransient: false, text: 'the file cannot be read' };
  }
  const url = new URL(`${root(destination)}/${encodeKey(key)}`);
  const answer = await call(
    destination,
    { method: 'PUT', url, sha256, body: { file: item.file, byteLength } },
    signal,
  );
  if (answer instanceof PhotopeakError) {
    return { item, result: 'unknown', code: answer.code, text: answer.describe() };
  }
  if (answer.status === 200) {
    return { item, result: 'accepted', status: '0000', warning: false, text: 'stored' };
  }
  return {
    item,
    result: 'refused',
    status: `HTTP ${answer.status}`,
    isTransient: !PERMANENT.has(answer.status),
    text: described(answer),
  };
}

/** Status and the code of the XML error document, which holds no data of ours. */
function described({ status, body }: HttpAnswer): string {
  const code = /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(body)?.[1];
  return code === undefined ? `HTTP ${status}` : `HTTP ${status} ${code}`;
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function call(
  destination: S3Destination,
  request: {
    readonly method: 'GET' | 'PUT';
    readonly url: URL;
    readonly sha256: string;
    readonly body?: { readonly file: string; readonly byteLength: number };
  },
  signal: AbortSignal | undefined,
): Promise<HttpAnswer | PhotopeakError> {
  const { method, url, sha256, body } = request;
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/dicom' };
  const signed = signRequest({ method, url, headers, bodySha256: sha256, at: new Date() }, destination);
  try {
    return await exchange({
      method,
      url: url.href,
      headers: body === undefined ? signed : { ...signed, 'content-length': String(body.byteLength) },
      ...(body === undefined ? {} : { body: createReadStream(body.file) as AsyncIterable<Uint8Array> }),
      silenceMs: destination.silenceMs ?? DEFAULT_SILENCE_MS,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    return new PhotopeakError('The destination gave no answer.', {
      code: 'DELIVERY_UNREACHABLE',
      found: error instanceof Error ? error.message || error.name : String(error),
      where: `${url.origin}/${destination.bucket}`,
      remedy: 'Check that the destination runs and can be reached from this host.',
      cause: error,
    });
  }
}
