import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVolume, type Grid } from '@photopeak/imaging';
import {
  createAuthority,
  describeWithPeers,
  freePort,
  type RunningPeer,
  runPeer,
  startPeer,
  type TestCertificate,
} from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseManifest } from '../manifest/read.ts';
import { openModel } from '../open-model.ts';
import { manifestText } from '../testing/index.ts';
import type { ServerAccess } from './access.ts';

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
const HERE = fileURLToPath(new URL('../testing/foreign', import.meta.url));
const PEERS = ['protoc', 'grpc', 'google.protobuf', 'openssl'];

describeWithPeers('a model on a server by the gRPC and Protocol Buffers of Google', PEERS, () => {
  let folder = '';
  const servers: RunningPeer[] = [];
  let port = 0;
  let securePort = 0;
  let ours: TestCertificate;
  let ca = '';

  async function start(...tls: readonly string[]): Promise<number> {
    const chosen = await freePort();
    const args = [path.join(HERE, 'server.py'), String(chosen), folder, ...tls];
    servers.push(await startPeer('python3', args, chosen));
    return chosen;
  }
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'photopeak-foreign-'));
    const authority = createAuthority(folder, 'site');
    ours = authority.issue('localhost');
    ca = authority.certificate;
    const { status, output } = runPeer('protoc', [
      `--python_out=${folder}`,
      '-I',
      HERE,
      'open-inference.proto',
    ]);
    if (status !== 0) throw new Error(output);
    [port, securePort] = await Promise.all([start(), start(ours.key, ours.certificate, ca)]);
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function through(
    model: string,
    options: { url?: string; servers?: readonly ServerAccess[]; output?: string; more?: string } = {},
  ) {
    const { url = `grpc://localhost:${port}`, servers: access = [], ...rest } = options;
    const runtime = `  { kind: kserve, url: "${url}", model: ${model}, modelVersion: "3" }`;
    const input = `  - { layout: NCHW, batch: 2, type: ${model === 'half' ? 'float16' : 'float32'} }`;
    const manifest = parseManifest(manifestText({ runtime, input, ...rest }));
    const output = { folder: '', digest: '', files: [], manifest };
    await using opened = await openModel(output, { servers: access });
    const results = await opened.infer({ image });
    const values = results.map((one) => {
      if (one.kind !== 'image') throw new Error(one.kind);
      return [...one.volume.data];
    });
    return { provider: opened.provider, version: opened.runtimeVersion, values };
  }
  const expected = [...image.data].map((x) => 2 * x + 1);
  const one = { output: '  - { kind: image, tensor: y }' };

  it.each(['raw', 'typed', 'half'])(
    'computes with %s contents in batches, and tells who did',
    async (model) => {
      const { provider, version, values } = await through(model, one);
      expect(values).toEqual([expected]);
      expect(provider).toMatch(/^grpcio [\d.]+ numpy$/);
      expect(version).toBe('3');
    },
  );

  it('gives several outputs in the order of the manifest', async () => {
    const output = '  - { kind: image, tensor: negative }\n  - { kind: image, tensor: y }';
    const { values } = await through('raw', { output });
    expect(values).toEqual([expected.map((y) => -y), expected]);
  });

  it('stops at the time limit that it was told', async () => {
    const more = 'timeoutSeconds: 1';
    await expect(through('slow', { ...one, more })).rejects.toMatchObject({ code: 'MODEL_TIMEOUT' });
  });

  it('is spoken to by TLS with the authority, the certificate and the word of the site, and by nobody else', async () => {
    const url = `grpcs://localhost:${securePort}`;
    const pem = (file: string) => readFile(file, 'utf8');
    const tls = { ca: await pem(ca), cert: await pem(ours.certificate), key: await pem(ours.key) };
    const headers = { authorization: 'Bearer site-word' };
    const { values } = await through('raw', { ...one, url, servers: [{ url, tls, headers }] });
    expect(values).toEqual([expected]);
    const refused: [ServerAccess[], RegExp][] = [
      [[{ url, tls, headers: {} }], /UNAUTHENTICATED who are you/],
      [[{ url, tls: { ca: tls.ca }, headers }], /./],
      // What is for another port is not used here.
      [[{ url: 'grpcs://localhost:1', tls, headers }], /certificate/],
    ];
    for (const [access, found] of refused)
      await expect(through('raw', { ...one, url, servers: access })).rejects.toMatchObject({
        code: 'MODEL_SERVER_FAILED',
        found: expect.stringMatching(found),
      });
  });
});
