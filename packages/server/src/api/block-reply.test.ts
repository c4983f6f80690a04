import { randomBytes } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Logger } from '../operations/index.ts';
import { temporaryFolder } from '../testing/node.ts';
import { BLOCK_BYTES } from './block-pool.ts';
import { type BlockSink, sendBlocks } from './block-reply.ts';

const MEGABYTE = Buffer.alloc(1024 * 1024, 7);
/** Far more than the kernel's buffers of both sides hold. */
const LARGE = 96;

let app: FastifyInstance;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let fill: (sink: BlockSink) => Promise<void>;
let ended: Promise<unknown>;
const logged: unknown[] = [];
const log = { error: (entry: unknown) => logged.push(entry) } as unknown as Logger;

beforeAll(async () => {
  folder = await temporaryFolder('blocks');
  app = fastify({ forceCloseConnections: true });
  app.get('/', (request, reply) => {
    void reply.header('Content-Type', 'application/octet-stream');
    const { length } = request.query as { length?: string };
    if (length !== undefined) void reply.header('Content-Length', Number(length));
    return sendBlocks(reply, log, (sink) => {
      const filling = fill(sink);
      ended = filling.catch((error: unknown) => error);
      return filling;
    });
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await app?.close();
  await folder?.remove();
});

const url = (query = '') => `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/${query}`;
const ask = () =>
  new Promise<IncomingMessage>((resolve, reject) => get(url(), resolve).once('error', reject));

it('gives bytes and files of any length as they are, in chunks or with a length', async () => {
  const content = randomBytes(3 * BLOCK_BYTES + 17);
  const name = path.join(folder.path, 'content');
  await writeFile(name, content);
  fill = async (sink) => {
    await using file = await open(name, 'r');
    await sink.bytes(Buffer.from('before'));
    await sink.file(file, 5, content.length - 5);
    await sink.bytes(content);
  };
  const expected = Buffer.concat([Buffer.from('before'), content.subarray(5), content]);
  for (const query of ['', `?length=${expected.length}`]) {
    const response = await fetch(url(query));
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), expected)).toBe(0);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  }
  const head = await fetch(url('?length=12'), { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '12']);
});

it('waits for a client that does not read, and gives all of it when it does', async () => {
  let given = 0;
  fill = async (sink) => {
    for (; given < LARGE; given += 1) await sink.bytes(MEGABYTE);
  };
  const response = await ask();
  let before = -1;
  while (before !== given) {
    before = given;
    await pause(200);
  }
  // What two blocks and the kernel's buffers on both sides hold.
  expect(given).toBeLessThan(LARGE / 2);
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(LARGE * MEGABYTE.length);
});

it('stops when the client goes away, which is nothing to log', async () => {
  fill = async (sink) => {
    for (;;) await sink.bytes(MEGABYTE);
  };
  const response = await ask();
  response.destroy();
  expect(await ended).toBeInstanceOf(Error);
  expect(logged).toEqual([]);
});

it('answers an error before the first block is full, and cuts the connection after it', async () => {
  fill = async (sink) => {
    await sink.bytes(Buffer.from('part'));
    throw new Error('not readable');
  };
  expect((await fetch(url())).status).toBe(500);
  fill = async (sink) => {
    await sink.bytes(MEGABYTE);
    await sink.bytes(MEGABYTE);
    throw new Error('not readable');
  };
  await expect(fetch(url()).then((response) => response.arrayBuffer())).rejects.toThrow();
  expect(logged).toHaveLength(1);
});
