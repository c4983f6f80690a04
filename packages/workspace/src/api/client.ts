import type { ErrorBody } from './generated/api.ts';

/** A refusal by the node in its own words. `code` is documented in docs/errors.md. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string | undefined;
  readonly missing: readonly string[];

  constructor(status: number, body: ErrorBody['error']) {
    super(body.message);
    this.name = 'ApiError';
    this.status = status;
    this.code = body.code;
    this.remedy = body.remedy;
    this.missing = body.missing ?? [];
  }
}

async function refusal(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => undefined)) as ErrorBody | undefined;
  return new ApiError(
    response.status,
    body?.error ?? {
      code: `HTTP_${response.status}`,
      message: `The node answered ${response.status}.`,
      remedy: 'Try again; if it stays, look at the state of the node.',
    },
  );
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause;
    throw new ApiError(0, {
      code: 'HTTP_UNREACHABLE',
      message: 'The node cannot be reached.',
      remedy: 'Check the network; the page tries again by itself.',
    });
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** A JSON request under /api; throws `ApiError`. */
export async function call<T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.headers = { 'Content-Type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  const response = await send(`/api/${path}`, init);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/**
 * Reads a body of known length straight into one buffer, so that a volume is never in memory twice.
 * @throws ApiError when the node sends more or less than it said.
 */
export async function download(
  href: string,
  byteLength: number,
  options: { readonly signal: AbortSignal; readonly onProgress?: (fraction: number) => void },
): Promise<ArrayBuffer> {
  const response = await send(href, { signal: options.signal });
  const target = new Uint8Array(byteLength);
  const reader = response.body!.getReader();
  let filled = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (filled + value.length > byteLength) break;
    target.set(value, filled);
    filled += value.length;
    options.onProgress?.(filled / byteLength);
  }
  if (filled !== byteLength) {
    await reader.cancel();
    throw new ApiError(response.status, {
      code: 'VOLUME_LENGTH',
      message: `The volume has ${filled} of ${byteLength} bytes.`,
      remedy: 'Open the study again.',
    });
  }
  return target.buffer;
}
