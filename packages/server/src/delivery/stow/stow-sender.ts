import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { statusText } from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';
import { isTransientStatus, statusCode } from '../failure-status.ts';
import type { DeliveryItem, DeliveryOutcome, Sender } from '../sender.ts';
import { exchange, type HttpAnswer } from './http-exchange.ts';
import { multipartBody } from './multipart-body.ts';
import { readStoreResponse, type StoredInstance } from './store-response.ts';

export interface StowDestination {
  /** Root of the DICOMweb service: `https://pacs/dicom-web`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** Instances and bytes of one request; a large one is harder to repeat. */
  readonly maxInstancesPerRequest?: number;
  readonly maxBytesPerRequest?: number;
  readonly silenceMs?: number;
}

const DEFAULT_INSTANCES = 64;
const DEFAULT_BYTES = 64 * 1024 * 1024;
/** An archive may index for a while between the last byte of a request and its answer. */
const DEFAULT_SILENCE_MS = 120_000;

/** Answers that concern what was sent: the same bytes will be refused again. */
const PERMANENT_HTTP: ReadonlySet<number> = new Set([400, 405, 406, 409, 411, 413, 415, 422]);

/** Delivery by STOW-RS (PS3.18 10.5): Part 10 files as they are, one answer for each instance. */
export function createStowSender(destination: StowDestination): Sender {
  return {
    async *send(items, signal) {
      for await (const batch of batches(items, destination)) {
        if (!Array.isArray(batch)) yield batch;
        else yield* sendBatch(destination, batch, signal);
      }
    },
    async check(signal) {
      const where = `${root(destination)}/studies?limit=1`;
      const answer = await callOnce(destination, { method: 'GET', url: where, headers: {} }, signal);
      if (answer instanceof PhotopeakError) throw answer;
      if (answer.status === 200 || answer.status === 204) return;
      throw new PhotopeakError('The destination does not answer a DICOMweb query.', {
        code: 'DELIVERY_DICOMWEB_FAILED',
        expected: 'HTTP 200 or 204',
        found: `HTTP ${answer.status}`,
        where,
        remedy: 'Check the URL of the DICOMweb root and the credentials.',
      });
    },
  };
}

const root = ({ url }: StowDestination) => url.replace(/\/+$/, '');

async function* batches(
  items: readonly DeliveryItem[],
  { maxInstancesPerRequest = DEFAULT_INSTANCES, maxBytesPerRequest = DEFAULT_BYTES }: StowDestination,
): AsyncGenerator<DeliveryItem[] | DeliveryOutcome> {
  let batch: DeliveryItem[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = await stat(item.file).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) {
      const text = 'the file cannot be read';
      yield { item, result: 'refused', status: 'DELIVERY_FILE_UNREADABLE', isTransient: false, text };
      continue;
    }
    if (batch.length === maxInstancesPerRequest || (batch.length > 0 && bytes + size > maxBytesPerRequest)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function* sendBatch(
  destination: StowDestination,
  batch: readonly DeliveryItem[],
  signal: AbortSignal | undefined,
): AsyncGenerator<DeliveryOutcome> {
  const body = await multipartBody(
    batch.map(({ file }) => file),
    `photopeak-${randomUUID()}`,
  );
  const headers = { 'Content-Type': body.contentType, 'Content-Length': String(body.byteLength) };
  const url = `${root(destination)}/studies`;
  const answer = await callOnce(destination, { method: 'POST', url, headers, body: body.stream() }, signal);
  if (answer instanceof PhotopeakError) {
    for (const item of batch) yield { item, result: 'unknown', code: answer.code, text: answer.describe() };
    return;
  }
  const instances = readStoreResponse(answer.body);
  const isAboutAll = instances === undefined || instances.size === 0;
  if (isAboutAll && PERMANENT_HTTP.has(answer.status) && batch.length > 1) {
    // One instance may have spoilt the whole request: each is asked for alone.
    for (const item of batch) yield* sendBatch(destination, [item], signal);
    return;
  }
  for (const item of batch) yield outcomeOf(item, answer.status, instances?.get(item.sopInstanceUid));
}

/** PS3.18 table 10.5.3-1 and annex I.2, for one instance. */
export function outcomeOf(
  item: DeliveryItem,
  httpStatus: number,
  instance: StoredInstance | undefined,
): DeliveryOutcome {
  if (instance?.result === 'failed') {
    const { failureReason } = instance;
    return {
      item,
      result: 'refused',
      status: statusCode(failureReason),
      isTransient: isTransientStatus(failureReason),
      text: statusText(failureReason),
    };
  }
  const isStored = instance?.result === 'stored' || httpStatus === 200;
  if (isStored) {
    const warning = instance?.result === 'stored' ? instance.warningReason : undefined;
    if (warning === undefined)
      return { item, result: 'accepted', status: '0000', warning: false, text: 'stored' };
    const text = statusText(warning);
    return { item, result: 'accepted', status: statusCode(warning), warning: true, text };
  }
  const status = `HTTP ${httpStatus}`;
  if (httpStatus === 202) {
    return {
      item,
      result: 'unknown',
      code: 'DELIVERY_UNANSWERED',
      text: `${status} without a word about it`,
    };
  }
  const isTransient = !PERMANENT_HTTP.has(httpStatus);
  return {
    item,
    result: 'refused',
    status,
    isTransient,
    text: HTTP_TEXTS[httpStatus] ?? 'the request failed',
  };
}

const HTTP_TEXTS: Readonly<Record<number, string>> = {
  400: 'the destination does not understand the request',
  401: 'the destination wants credentials, or others',
  403: 'the destination does not let this node store',
  404: 'there is no DICOMweb service at this URL',
  409: 'the destination stored nothing',
  413: 'the instance is too large for the destination',
  415: 'the destination does not take this media type',
  503: 'the destination is out of service for now',
};

/** Calls below the DICOMweb root of a destination, with its credentials and JSON both ways. Rejects without an answer. */
export function dicomwebCall(destination: StowDestination) {
  return async (
    call: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string },
    signal: AbortSignal,
  ): Promise<HttpAnswer> => {
    const bytes = call.body === undefined ? undefined : Buffer.from(call.body, 'utf8');
    const answer = await callOnce(
      destination,
      {
        method: call.method,
        url: `${root(destination)}${call.path}`,
        headers:
          bytes === undefined
            ? {}
            : { 'Content-Type': 'application/dicom+json', 'Content-Length': String(bytes.length) },
        ...(bytes === undefined ? {} : { body: one(bytes) }),
      },
      signal,
    );
    if (answer instanceof PhotopeakError) throw answer;
    return answer;
  };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function callOnce(
  destination: StowDestination,
  call: Pick<Parameters<typeof exchange>[0], 'method' | 'url' | 'headers' | 'body'>,
  signal: AbortSignal | undefined,
): Promise<HttpAnswer | PhotopeakError> {
  try {
    return await exchange({
      ...call,
      headers: { ...call.headers, Accept: 'application/dicom+json', ...authorization(destination) },
      silenceMs: destination.silenceMs ?? DEFAULT_SILENCE_MS,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    return new PhotopeakError('The destination gave no answer.', {
      code: 'DELIVERY_UNREACHABLE',
      found: error instanceof Error ? error.message || error.name : String(error),
      where: call.url,
      remedy: 'Check that the destination runs and can be reached from this host.',
      cause: error,
    });
  }
}

function authorization({ username, password, token }: StowDestination): Record<string, string> {
  if (token !== undefined) return { Authorization: `Bearer ${token}` };
  if (username === undefined) return {};
  const credentials = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
  return { Authorization: `Basic ${credentials}` };
}
