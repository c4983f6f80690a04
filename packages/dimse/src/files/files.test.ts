import { once } from 'node:events';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, type SendOutcome, type StoreRequest, sendFiles, storage } from '../index.ts';
import { CT, writeInstances } from '../testing/instances.ts';
import { encodeFileMeta, parseFileHead } from './file-meta.ts';
import { fromFile } from './file-source.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'dimse-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const IDENTITY = { sopClassUid: CT, sopInstanceUid: '2.25.77', transferSyntaxUid: '1.2.840.10008.1.2.1' };
const DATA_SET = Buffer.from('0800160055490400312e3200', 'hex');

describe('file meta information', () => {
  it('is read as it was written, whatever the source title', () => {
    for (const sourceAeTitle of ['A', 'SIXTEEN_LETTERS_']) {
      const bytes = Buffer.concat([encodeFileMeta({ ...IDENTITY, sourceAeTitle }), DATA_SET]);
      const head = parseFileHead(bytes, true, 'test');
      expect(head).toEqual({ ...IDENTITY, dataSetOffset: bytes.length - DATA_SET.length });
    }
  });

  it('is read with a wrong, or without a group length', () => {
    const bytes = Buffer.concat([encodeFileMeta(IDENTITY), DATA_SET]);
    const wrong = Buffer.from(bytes);
    wrong.writeUInt32LE(7, 140);
    expect(parseFileHead(wrong, true, 'test')).toMatchObject(IDENTITY);
    const without = Buffer.concat([bytes.subarray(0, 132), bytes.subarray(144)]);
    expect(parseFileHead(without, true, 'test')).toMatchObject(IDENTITY);
  });

  it('asks for more bytes until it has all, and for none that would not help', () => {
    const bytes = Buffer.concat([encodeFileMeta(IDENTITY), DATA_SET]);
    const metaLength = bytes.length - DATA_SET.length;
    for (let length = 0; length < metaLength; length += 1) {
      expect(parseFileHead(bytes.subarray(0, length), false, 'test')).toBeUndefined();
      expect(() => parseFileHead(bytes.subarray(0, length), true, 'test')).toThrow(/cannot be sent/);
    }
    expect(() => parseFileHead(Buffer.alloc(200), false, 'test')).toThrow(/cannot be sent/);
  });
});

describe('a file as data set', () => {
  it('says when it became shorter while it was sent', async () => {
    const file = path.join(folder, 'a');
    await writeFile(file, Buffer.alloc(1000));
    await using handle = await open(file, 'r');
    const source = fromFile(handle, 100, 1000, file);
    expect(await source.read([Buffer.alloc(300), Buffer.alloc(300)])).toEqual({ bytes: 600, isLast: false });
    await truncate(file, 800);
    await expect(source.read([Buffer.alloc(900)])).rejects.toMatchObject({ code: 'DIMSE_FILE_UNREADABLE' });
  });
});

describe('sending files', () => {
  async function target(answer: (request: StoreRequest) => { status: number; comment?: string }) {
    const requests: StoreRequest[] = [];
    let open = 0;
    let mostOpen = 0;
    const receiver = {
      async store(request: StoreRequest) {
        requests.push(request);
        open += 1;
        mostOpen = Math.max(mostOpen, open);
        for await (const _ of request.dataSet);
        await new Promise((resolve) => setTimeout(resolve, 5));
        open -= 1;
        return answer(request);
      },
    };
    const server = await listen({
      aeTitles: ['PACS'],
      peers: 'any',
      port: 0,
      services: [storage({ open: () => receiver, acceptTransferSyntax: () => true })],
    });
    const peer = { host: '127.0.0.1', port: server.port, calledAeTitle: 'PACS', callingAeTitle: 'NODE' };
    return { peer, requests, mostOpen: () => mostOpen, close: () => server.close(0) };
  }

  async function collect(outcomes: AsyncIterable<SendOutcome>): Promise<SendOutcome[]> {
    const all: SendOutcome[] = [];
    for await (const outcome of outcomes) all.push(outcome);
    return all;
  }

  it('reports status and comment of each answer', async () => {
    const statuses = [0, 0xb007, 0xa700, 0xc001];
    const { peer, close } = await target(({ sopInstanceUid }) => {
      return { status: statuses[Number(sopInstanceUid.slice(-1))]!, comment: `about ${sopInstanceUid}` };
    });
    const files = (await writeInstances(folder, 4, { first: 9000 })).map(({ file }) => file);
    const outcomes = await collect(sendFiles(peer, files, { maxAssociations: 1 }));
    expect(outcomes.map((outcome) => [outcome.result, 'text' in outcome && outcome.text])).toEqual([
      ['success', 'success (0000): about 2.25.9000'],
      ['warning', 'data set does not match SOP class (warning) (B007): about 2.25.9001'],
      ['failure', 'refused: out of resources (A700): about 2.25.9002'],
      ['failure', 'cannot understand (C001): about 2.25.9003'],
    ]);
    await close();
  });

  it('uses as many associations as asked for, and no more than there are files', async () => {
    const { peer, mostOpen, close } = await target(() => ({ status: 0 }));
    const files = (await writeInstances(folder, 12)).map(({ file }) => file);
    await collect(sendFiles(peer, files, { maxAssociations: 3 }));
    expect(mostOpen()).toBe(3);
    await close();
  });

  it('spreads more than 128 kinds of instances over several associations', async () => {
    const { peer, requests, close } = await target(() => ({ status: 0 }));
    const kinds = Array.from({ length: 150 }, (_, i) => `1.2.276.77.${i}`);
    const files: string[] = [];
    for (const [index, sopClassUid] of kinds.entries()) {
      const [instance] = await writeInstances(folder, 1, {
        first: 10_000 + index,
        sopClassUid,
        pixelBytes: 32,
      });
      files.push(instance!.file);
    }
    const outcomes = await collect(sendFiles(peer, files, { maxAssociations: 2 }));
    expect(outcomes.every(({ result }) => result === 'success')).toBe(true);
    expect(new Set(requests.map(({ sopClassUid }) => sopClassUid))).toEqual(new Set(kinds));
    for (const { association } of requests) expect(association.contexts.length).toBeLessThanOrEqual(128);
    await close();
  });

  it('names files that it cannot send and sends the others', async () => {
    const { peer, requests, close } = await target(() => ({ status: 0 }));
    const [good] = await writeInstances(folder, 1);
    const text = path.join(folder, 'readme.txt');
    await writeFile(text, 'not DICOM');
    const outcomes = await collect(sendFiles(peer, [text, path.join(folder, 'absent.dcm'), good!.file]));
    expect(outcomes.map(({ result }) => result)).toEqual(['error', 'error', 'success']);
    expect(outcomes.slice(0, 2)).toMatchObject([
      { error: { code: 'DIMSE_FILE_UNREADABLE' } },
      { error: { code: 'DIMSE_FILE_UNREADABLE' } },
    ]);
    expect(requests).toHaveLength(1);
    await close();
  });

  it('sends nothing more when nobody listens to the outcomes any more', async () => {
    const { peer, requests, close } = await target(() => ({ status: 0 }));
    const files = (await writeInstances(folder, 40)).map(({ file }) => file);
    for await (const { result } of sendFiles(peer, files, { maxAssociations: 1 })) {
      expect(result).toBe('success');
      break;
    }
    expect(requests.length).toBeLessThan(10);
    const { length } = requests;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(requests).toHaveLength(length);
    await close();
  });

  it('sends what it had opened on an association that broke over the next one', async () => {
    const { peer, requests, close } = await target(() => ({ status: 0 }));
    let connections = 0;
    const proxy = createServer((socket) => {
      const onward = connect(peer.port, '127.0.0.1');
      const isFirst = ++connections === 1;
      let bytes = 0;
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        // In the middle of the third file.
        if (!isFirst || bytes <= 250_000) onward.write(chunk);
        // What came before goes on to the peer, so that it sees the third file begin.
        else onward.end(() => socket.destroy());
      });
      onward.on('data', (chunk) => socket.write(chunk));
      for (const side of [socket, onward]) {
        side.on('error', () => {});
        side.on('close', () => {
          socket.destroy();
          onward.destroy();
        });
      }
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const files = (await writeInstances(folder, 8, { pixelBytes: 100_000 })).map(({ file }) => file);
    const outcomes = await collect(sendFiles({ ...peer, port }, files, { maxAssociations: 1 }));
    expect(outcomes.map(({ file }) => file)).toEqual(files);
    expect(outcomes.map(({ result }) => result)).toEqual([
      ...['success', 'success', 'error', 'success', 'success', 'success', 'success', 'success'],
    ]);
    expect(connections).toBe(2);
    expect(new Set(requests.map(({ sopInstanceUid }) => sopInstanceUid)).size).toBe(8);
    proxy.close();
    await close();
  });

  it('stops when it is cancelled: every file has an outcome', async () => {
    const controller = new AbortController();
    const { peer, close } = await target(() => {
      controller.abort();
      return { status: 0 };
    });
    const files = (await writeInstances(folder, 10)).map(({ file }) => file);
    const outcomes = await collect(sendFiles(peer, files, { maxAssociations: 1, signal: controller.signal }));
    expect(outcomes).toHaveLength(10);
    expect(outcomes.filter(({ result }) => result === 'error').length).toBeGreaterThanOrEqual(9);
    await close();
  });
});
