import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createVolume, type Grid } from '@photopeak/imaging';
import { createAuthority } from '@photopeak/testing';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, describe, expect, it } from 'vitest';
import { parseManifest } from '../manifest/read.ts';
import { affineNetwork, manifestText } from '../testing/index.ts';
import { inferVolume } from '../volumes/infer.ts';
import { openKserveHttp } from './http.ts';
import type { HttpCallOptions } from './http-call.ts';

/** What a server of the protocol is, as far as one network needs it; `change` spoils its answers. */
interface Options {
  readonly extensions?: readonly string[];
  readonly change?: (answer: { json: Record<string, unknown>; bytes: Uint8Array }) => void;
  readonly delayMs?: number;
  readonly tls?: ServerOptions;
}

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A small server of the Open Inference Protocol around ONNX Runtime. */
async function serve({
  extensions = ['binary_tensor_data'],
  change,
  delayMs = 0,
  tls,
}: Options = {}): Promise<string> {
  const session = await InferenceSession.create(affineNetwork(['n', 1, 'h', 'w'], 2, 1));
  const answer = async (
    request: IncomingMessage,
  ): Promise<{ json: Record<string, unknown>; bytes: Uint8Array }> => {
    const none = new Uint8Array();
    if (request.url === '/v2') return { json: { name: 'tester', version: '9.1', extensions }, bytes: none };
    if (request.url === '/v2/models/double/versions/3') {
      const tensor = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 1, -1, -1] });
      const json = {
        name: 'double',
        versions: ['3'],
        platform: 'onnx',
        inputs: [tensor('x')],
        outputs: [tensor('y')],
      };
      return { json, bytes: none };
    }
    const body = await bodyOf(request);
    const length = request.headers['inference-header-content-length'];
    const head = JSON.parse(body.subarray(0, length === undefined ? body.length : Number(length)).toString());
    const [input] = head.inputs;
    const data =
      length === undefined
        ? Float32Array.from(input.data)
        : new Float32Array(Uint8Array.from(body.subarray(Number(length))).buffer);
    const { y } = await session.run({ x: new Tensor('float32', data, input.shape) });
    const values = y!.data as Float32Array;
    const output = { name: 'y', datatype: 'FP32', shape: y!.dims };
    if (head.outputs[0].parameters?.binary_data !== true) {
      return { json: { model_version: '3', outputs: [{ ...output, data: [...values] }] }, bytes: none };
    }
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return {
      json: {
        model_version: '3',
        outputs: [{ ...output, parameters: { binary_data_size: bytes.byteLength } }],
      },
      bytes,
    };
  };
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const given = await answer(request);
    if (request.url?.endsWith('/infer')) {
      change?.(given);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
    const head = Buffer.from(JSON.stringify(given.json));
    const isBinary = given.bytes.length > 0;
    response
      .writeHead(200, isBinary ? { 'Inference-Header-Content-Length': String(head.length) } : {})
      .end(Buffer.concat([head, given.bytes]));
  };
  const server = tls === undefined ? createServer(respond) : createSecureServer(tls, respond);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http${tls === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const manifestAt = (url: string, input = '  - { layout: NCHW, batch: 2 }') =>
  parseManifest(
    manifestText({ runtime: `  { kind: kserve, url: "${url}", model: double, modelVersion: "3" }`, input }),
  );

const grid: Grid = {
  size: [5, 4, 3],
  spacingMm: [1, 1, 1],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const image = createVolume(
  grid,
  Float32Array.from({ length: 60 }, (_, n) => n),
  '1',
);

async function through(options: Options, { timeoutMs = 10_000, ...access }: Partial<HttpCallOptions> = {}) {
  const manifest = manifestAt(await serve(options));
  const { runner, tensors } = await openKserveHttp(manifest, { timeoutMs, ...access });
  const [result] = await inferVolume(runner, tensors, manifest, { image });
  if (result?.kind !== 'image') throw new Error(result?.kind);
  return { runner, values: [...result.volume.data] };
}

describe('a model on an inference server', () => {
  it.each([
    ['bytes', ['binary_tensor_data']],
    ['JSON, where the server knows no bytes', []],
  ])('computes by %s', async (_, extensions) => {
    const { runner, values } = await through({ extensions });
    expect(values).toEqual(Array.from({ length: 60 }, (__, n) => 2 * n + 1));
    expect([runner.provider, runner.runtimeVersion]).toEqual(['tester 9.1 onnx', '3']);
  });

  it('is held against its manifest before anything is sent', async () => {
    const url = await serve();
    const manifest = manifestAt(url, '  - { layout: NCDHW }');
    await expect(openKserveHttp(manifest, { timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'MODEL_ONNX_REFUSED',
    });
  });

  it.each([
    [
      'fewer bytes than it says',
      (given: { json: Record<string, unknown>; bytes: Uint8Array }) => {
        given.bytes = given.bytes.slice(8);
      },
      /fewer bytes/,
    ],
    [
      'another shape',
      (given: { json: Record<string, unknown> }) => {
        (given.json.outputs as { shape: number[] }[])[0]!.shape = [1, 1, 2, 2];
      },
      /bytes for 4 values/,
    ],
    [
      'no output',
      (given: { json: Record<string, unknown> }) => {
        given.json.outputs = [];
      },
      /no output y/,
    ],
    [
      'something else',
      (given: { json: Record<string, unknown> }) => {
        given.json = { error: 'no' };
      },
      /outputs/,
    ],
  ])('that answers with %s is refused', async (_, change, found) => {
    await expect(through({ change: change as NonNullable<Options['change']> })).rejects.toMatchObject({
      code: 'MODEL_SERVER_FAILED',
      found: expect.stringMatching(found),
    });
  });

  it('that does not answer in time, or is not there, is named', async () => {
    await expect(through({ delayMs: 5000 }, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'MODEL_TIMEOUT',
    });
    const manifest = manifestAt('http://127.0.0.1:9');
    await expect(openKserveHttp(manifest, { timeoutMs: 2000 })).rejects.toMatchObject({
      code: 'MODEL_SERVER_FAILED',
    });
  });

  it('is spoken to by TLS with the authority of the site, and only so', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'photopeak-https-'));
    try {
      const authority = createAuthority(folder, 'site');
      const { key, certificate } = authority.issue('localhost');
      const pem = (file: string) => readFileSync(file);
      const tls = { key: pem(key), cert: pem(certificate) };
      const { values } = await through({ tls }, { tls: { ca: pem(authority.certificate) } });
      expect(values).toHaveLength(60);
      await expect(through({ tls })).rejects.toMatchObject({
        code: 'MODEL_SERVER_FAILED',
        found: expect.stringMatching(/certificate/),
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
