import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { PhotopeakError } from '@photopeak/imaging';
import type { ServerAccess } from './access.ts';
import { failed, LARGEST_ANSWER } from './failure.ts';

/** A connection to a gRPC server that answers calls one by one. */
export interface GrpcChannel {
  /** One unary call: the pieces of a message out, a message back. */
  call(method: string, message: readonly Uint8Array[], signal?: AbortSignal): Promise<Uint8Array>;
  close(): void;
}

export interface ChannelOptions extends Omit<ServerAccess, 'url'> {
  readonly timeoutMs: number;
}

const SERVICE = '/inference.GRPCInferenceService/';
/** Windows of flow control: with those of the protocol (64 KiB) a volume crawls. */
const WINDOW_BYTES = 16 * 1024 * 1024;
const PREFIX_BYTES = 5;

/** Codes of gRPC that a caller may meet, by their numbers. */
const STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/**
 * gRPC over HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), as far as unary calls without
 * compression need it: `grpc://host:port` in the clear, `grpcs://host:port` with TLS.
 */
export function openChannel(url: string, options: ChannelOptions): GrpcChannel {
  const { host, protocol } = new URL(url);
  let session: ClientHttp2Session | undefined;
  const connected = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const opened = connect(`${protocol === 'grpcs:' ? 'https' : 'http'}://${host}`, {
      settings: { initialWindowSize: WINDOW_BYTES },
      ...options.tls,
    });
    opened.on('connect', () => opened.setLocalWindowSize(WINDOW_BYTES));
    // Told by the calls that it breaks.
    opened.on('error', () => undefined);
    opened.unref();
    session = opened;
    return opened;
  };
  return {
    call: (method, message, signal) =>
      call(connected(), `${url} ${method}`, method, message, options, signal),
    close: () => session?.destroy(),
  };
}

function call(
  session: ClientHttp2Session,
  where: string,
  method: string,
  message: readonly Uint8Array[],
  { timeoutMs, headers }: ChannelOptions,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  // No event comes any more of what was stopped before.
  if (signal?.aborted === true) return Promise.reject(stopped());
  return new Promise((resolve, reject) => {
    session.ref();
    const stream = session.request({
      ...headers,
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: SERVICE + method,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${timeoutMs}m`,
    });
    let isSettled = false;
    const settle = (act: () => void) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      session.removeListener('error', onError);
      stream.close(constants.NGHTTP2_CANCEL);
      session.unref();
      act();
    };
    const fail = (error: PhotopeakError) => settle(() => reject(error));
    const onError = (error: Error) => fail(failed(error.message, where));
    const onAbort = () => fail(stopped());
    const timer = setTimeout(
      () => fail(failed(`nothing within ${timeoutMs / 1000} s`, where, 'MODEL_TIMEOUT')),
      timeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    session.once('error', onError);
    stream.on('error', onError);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    let status: Readonly<Record<string, unknown>> = {};
    stream.on('response', (answer) => {
      // An answer that is an error alone has its status here.
      status = answer;
      const http = Number(answer[':status']);
      if (http !== 200) fail(failed(`HTTP status ${http}`, where));
    });
    stream.on('trailers', (trailers) => {
      status = { ...status, ...trailers };
    });
    stream.on('data', (chunk: Uint8Array) => {
      bytes += chunk.byteLength;
      if (bytes > LARGEST_ANSWER) fail(failed(`more than ${LARGEST_ANSWER} bytes`, where));
      else chunks.push(chunk);
    });
    stream.on('close', () => {
      try {
        const answer = answerOf(status, chunks, bytes, where);
        settle(() => resolve(answer));
      } catch (error) {
        fail(error as PhotopeakError);
      }
    });
    const length = message.reduce((sum, part) => sum + part.byteLength, 0);
    const prefix = new Uint8Array(PREFIX_BYTES);
    new DataView(prefix.buffer).setUint32(1, length);
    stream.write(prefix);
    for (const part of message) stream.write(part);
    stream.end();
  });
}

const stopped = () => new PhotopeakError('the model was stopped', { code: 'MODEL_STOPPED' });

function answerOf(
  status: Readonly<Record<string, unknown>>,
  chunks: readonly Uint8Array[],
  bytes: number,
  where: string,
): Uint8Array {
  const code = status['grpc-status'];
  if (code === undefined) throw failed('an answer without a status of gRPC', where);
  if (code !== '0') {
    const name = STATUS[Number(code)] ?? String(code);
    const said = decoded(String(status['grpc-message'] ?? ''));
    const isLate = name === 'DEADLINE_EXCEEDED';
    throw failed(`${name} ${said}`.trim(), where, isLate ? 'MODEL_TIMEOUT' : 'MODEL_SERVER_FAILED');
  }
  const answer = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    answer.set(chunk, at);
    at += chunk.byteLength;
  }
  const length = bytes < PREFIX_BYTES ? -1 : new DataView(answer.buffer).getUint32(1);
  if (answer[0] !== 0 || length !== bytes - PREFIX_BYTES)
    throw failed(`${bytes} bytes that are not one message without compression`, where);
  return answer.subarray(PREFIX_BYTES);
}

const LONGEST_MESSAGE = 300;

/** The words of a server, percent-encoded, on one line. */
function decoded(text: string): string {
  let words = text;
  try {
    words = decodeURIComponent(text);
  } catch {
    // As it came.
  }
  return words.replaceAll(/\s+/g, ' ').slice(0, LONGEST_MESSAGE);
}
