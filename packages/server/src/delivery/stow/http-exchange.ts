import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: AsyncIterable<Uint8Array>;
  /** Without a byte in either direction for this long, the call fails. */
  readonly silenceMs: number;
  readonly signal?: AbortSignal;
}

/** A response to a store names each instance; 10 000 of them are 4 MB. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

/**
 * One HTTP exchange with a streamed request. A server may answer (401, 413) and close before it has read the body:
 * the answer counts then, not the broken pipe. Rejects where there is no answer.
 */
export async function exchange(call: HttpCall): Promise<HttpAnswer> {
  const start = call.url.startsWith('https:') ? requestHttps : requestHttp;
  const request = start(call.url, {
    method: call.method,
    headers: call.headers,
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  request.setTimeout(call.silenceMs, () => {
    request.destroy(new Error(`no byte for ${call.silenceMs} ms`));
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  const sent = call.body === undefined ? void request.end() : pipeline(Readable.from(call.body), request);
  // Whether the body got through matters only when no answer comes, and then `answered` rejects.
  Promise.resolve(sent).catch((error: Error) => request.destroy(error));
  const response = await answered;
  request.on('error', () => {});
  return { status: response.statusCode ?? 0, body: await readText(response) };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_RESPONSE_BYTES) throw new Error(`a response of more than ${MAX_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
