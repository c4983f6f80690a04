import { createVolume, type Grid } from '@photopeak/imaging';
import { afterEach, describe, expect, it } from 'vitest';
import { parseManifest } from '../manifest/read.ts';
import { type GrpcServer, type GrpcServerOptions, manifestText, serveGrpc } from '../testing/index.ts';
import { inferVolume } from '../volumes/infer.ts';
import { type KserveGrpcOptions, openKserveGrpc } from './grpc.ts';

const open: GrpcServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

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

async function through(
  server: GrpcServerOptions,
  options: Partial<KserveGrpcOptions> & { input?: string } = {},
) {
  const { input = '  - { layout: NCHW, batch: 2 }', ...rest } = options;
  const started = await serveGrpc(server);
  open.push(started);
  const runtime = `  { kind: kserve, url: "grpc://localhost:${started.port}", model: double, modelVersion: "3" }`;
  const manifest = parseManifest(manifestText({ runtime, input }));
  const { runner, tensors } = await openKserveGrpc(manifest, { timeoutMs: 10_000, ...rest });
  await using used = runner;
  const [result] = await inferVolume(used, tensors, manifest, { image });
  if (result?.kind !== 'image') throw new Error(result?.kind);
  return { runner, values: [...result.volume.data] };
}
const expected = [...image.data].map((x) => 2 * x + 1);

describe('a model on an inference server over gRPC (a server of our own around ONNX Runtime)', () => {
  it.each([
    ['raw contents', {}],
    ['contents by their type', { isTyped: true }],
  ])('computes by %s, and tells who did', async (_, server) => {
    const { runner, values } = await through(server);
    expect(values).toEqual(expected);
    expect([runner.provider, runner.runtimeVersion]).toEqual(['tester 9.1 onnx', '3']);
  });

  it('is held against its manifest, and asked whether it is ready, before anything is sent', async () => {
    await expect(through({}, { input: '  - { layout: NCDHW }' })).rejects.toMatchObject({
      code: 'MODEL_ONNX_REFUSED',
    });
    await expect(through({ isReady: false })).rejects.toMatchObject({
      found: 'the model double 3 is not ready',
    });
  });

  it.each<[string, GrpcServerOptions, RegExp]>([
    ['a status', { status: { code: 8, message: 'no memory\nleft' } }, /^RESOURCE_EXHAUSTED no memory left$/],
    ['a message that is cut off', { change: (answer) => answer.slice(0, -3) }, /cannot be read/],
    ['no output', { change: () => [] }, /no output y/],
    [
      'fewer bytes than it says',
      { change: (answer) => [...answer.slice(0, -41), 0, 0] },
      /cannot be read|bytes/,
    ],
  ])('that answers with %s is refused', async (_, server, found) => {
    await expect(through(server)).rejects.toMatchObject({
      code: 'MODEL_SERVER_FAILED',
      found: expect.stringMatching(found),
    });
  });

  it('that does not answer in time, is not there, or is not wanted any more, is left', async () => {
    await expect(through({ delayMs: 5000 }, { timeoutMs: 400 })).rejects.toMatchObject({
      code: 'MODEL_TIMEOUT',
    });
    const runtime = '  { kind: kserve, url: "grpc://127.0.0.1:9", model: double }';
    const absent = parseManifest(manifestText({ runtime }));
    await expect(openKserveGrpc(absent, { timeoutMs: 2000 })).rejects.toMatchObject({
      code: 'MODEL_SERVER_FAILED',
    });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    await expect(through({ delayMs: 5000 }, { signal: abort.signal })).rejects.toMatchObject({
      code: 'MODEL_STOPPED',
    });
    await expect(through({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'MODEL_STOPPED',
    });
  });
});
