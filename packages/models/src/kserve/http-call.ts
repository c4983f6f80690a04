import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plain,
  type RequestOptions,
} from 'node:http';
import { request as secure } from 'node:https';
import { PhotopeakError } from '@photopeak/imaging';
import type { ServerAccess } from './access.ts';
import { failed, LARGEST_ANSWER } from './failure.ts';

export interface HttpCallOptions extends Omit<ServerAccess, 'url'> {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What is sent: a body in pieces, so that tensors are not copied, and its headers. */
export interface HttpBody {
  readonly parts: readonly Uint8Array[];
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** The longest part of a refusal that is told. */
const LONGEST_REFUSAL = 300;

/**
 * One request to an inference server, GET or with a body POST. Throws `MODEL_SERVER_FAILED` for any status but 2xx,
 * redirections too, `MODEL_TIMEOUT`, `MODEL_STOPPED`.
 */
export async function httpCall(url: string, options: HttpCallOptions, body?: HttpBody): Promise<HttpAnswer> {
  const { timeoutMs, headers, signal, tls } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const length = (body?.parts ?? []).reduce((sum, { byteLength }) => sum + byteLength, 0);
  const wanted: RequestOptions = {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...body?.headers, ...(body === undefined ? {} : { 'Content-Length': length }) },
    signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
  };
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = url.startsWith('https:') ? secure(url, { ...wanted, ...tls }) : plain(url, wanted);
      request.once('response', resolve).once('error', reject);
      for (const part of body?.parts ?? []) request.write(part);
      request.end();
    });
    const answer = await bodyOf(response, url);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return { headers: response.headers, body: answer };
    const said = new TextDecoder().decode(answer.subarray(0, LONGEST_REFUSAL * 4)).replaceAll(/\s+/g, ' ');
    throw failed(`HTTP ${status} ${said.slice(0, LONGEST_REFUSAL)}`.trim(), url);
  } catch (error) {
    if (error instanceof PhotopeakError) throw error;
    if (limit.aborted) throw failed(`nothing within ${timeoutMs / 1000} s`, url, 'MODEL_TIMEOUT');
    if (signal?.aborted === true)
      throw new PhotopeakError('the model was stopped', { code: 'MODEL_STOPPED' });
    throw failed(error instanceof Error ? error.message || String(error) : String(error), url);
  }
}

async function bodyOf(response: IncomingMessage, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST_ANSWER) throw failed(`more than ${LARGEST_ANSWER} bytes`, url);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
