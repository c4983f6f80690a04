import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { describeWithPeers, type Orthanc, startOrthanc } from '@photopeak/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestInstance, testInstance, testStudy } from '../../testing/instances.ts';
import type { DeliveryItem, DeliveryOutcome } from '../sender.ts';
import { createStowSender } from './index.ts';
import { readStoreResponse } from './store-response.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'stow-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function itemOf({ study, sop, bytes }: TestInstance): Promise<DeliveryItem> {
  const file = path.join(folder, `${sop}.dcm`);
  await writeFile(file, bytes);
  return {
    file,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    sopInstanceUid: sop,
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    studyInstanceUid: study,
  };
}

const itemsOf = (instances: readonly TestInstance[]) => Promise.all(instances.map(itemOf));

async function collect(outcomes: AsyncIterable<DeliveryOutcome>): Promise<DeliveryOutcome[]> {
  const all: DeliveryOutcome[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

describeWithPeers('STOW-RS to Orthanc', ['Orthanc'], () => {
  let orthanc: Orthanc;
  let root: string;

  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'stow-orthanc-'));
    orthanc = await startOrthanc(root, {
      AuthenticationEnabled: true,
      RegisteredUsers: { node: 'secret' },
    });
  });
  afterAll(async () => {
    await orthanc.stop();
    await rm(root, { recursive: true, force: true });
  });

  const destination = () => ({ url: `${orthanc.dicomWebUrl}/`, username: 'node', password: 'secret' });
  const ask = (where: string) =>
    fetch(`${orthanc.url}${where}`, { headers: { Authorization: `Basic ${btoa('node:secret')}` } });

  it('stores a study in several requests, byte for byte, and again without harm', async () => {
    const instances = testStudy('stow', 5);
    const items = await itemsOf(instances);
    const sender = createStowSender({ ...destination(), maxInstancesPerRequest: 3 });
    for (let time = 0; time < 2; time += 1) {
      const outcomes = await collect(sender.send(items));
      expect(outcomes.map(({ result }) => result)).toEqual(items.map(() => 'accepted'));
      expect(outcomes.map(({ item }) => item)).toEqual(items);
    }
    const ids = (await (await ask('/instances')).json()) as string[];
    expect(ids).toHaveLength(instances.length);
    for (const id of ids) {
      const bytes = Buffer.from(await (await ask(`/instances/${id}/file`)).arrayBuffer());
      expect(instances.some((instance) => bytes.equals(instance.bytes))).toBe(true);
    }
  });

  it('names the instance that spoils a request, and delivers the others', async () => {
    const items = await itemsOf(testStudy('spoilt', 2));
    await writeFile(items[1]!.file, Buffer.alloc(600, 1));
    const outcomes = await collect(createStowSender(destination()).send(items));
    expect(outcomes).toHaveLength(items.length);
    const byUid = new Map(outcomes.map((outcome) => [outcome.item.sopInstanceUid, outcome.result]));
    expect(items.map(({ sopInstanceUid }) => byUid.get(sopInstanceUid) === 'accepted')).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('says when credentials or the address are wrong, before and while sending', async () => {
    const [item] = await itemsOf([testInstance({ study: 'refused' })]);
    await createStowSender(destination()).check();
    const wrong = createStowSender({ ...destination(), password: 'guess' });
    await expect(wrong.check()).rejects.toMatchObject({
      code: 'DELIVERY_DICOMWEB_FAILED',
      found: 'HTTP 401',
    });
    expect(await collect(wrong.send([item!]))).toMatchObject([
      { result: 'refused', status: 'HTTP 401', isTransient: true },
    ]);
    const elsewhere = createStowSender({ ...destination(), url: `${orthanc.url}/nowhere` });
    expect(await collect(elsewhere.send([item!]))).toMatchObject([{ result: 'refused', status: 'HTTP 404' }]);
  });
});

describe('STOW-RS and the answers of the field', () => {
  let server: Server;
  let requests: { headers: IncomingMessage['headers']; body: Buffer }[];
  let answer: (body: Buffer, response: ServerResponse) => void;

  beforeEach(async () => {
    requests = [];
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      requests.push({ headers: request.headers, body });
      answer(body, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function sender(options = {}) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('a TCP server has an address');
    return createStowSender({ url: `http://127.0.0.1:${address.port}/web`, ...options });
  }

  const sequence = (entries: readonly Record<string, unknown>[]) => ({
    vr: 'SQ',
    Value: entries.map((entry) =>
      Object.fromEntries(Object.entries(entry).map(([tag, value]) => [tag, { vr: 'UN', Value: [value] }])),
    ),
  });

  it('reads a mixture instance by instance', async () => {
    const items = await itemsOf(testStudy('mixture', 2));
    const [a, b, c, d] = items.map(({ sopInstanceUid }) => sopInstanceUid);
    answer = (_body, response) => {
      response.writeHead(202, { 'Content-Type': 'application/dicom+json' });
      const body = {
        '00081199': sequence([{ '00081155': a }, { '00081155': b, '00081196': 0xb000 }]),
        '00081198': sequence([{ '00081155': c, '00081197': 0xa700 }]),
      };
      response.end(JSON.stringify(body));
    };
    const outcomes = await collect(sender({ token: 'abc' }).send(items));
    expect(outcomes).toMatchObject([
      { result: 'accepted', warning: false },
      { result: 'accepted', warning: true, status: 'B000' },
      { result: 'refused', status: 'A700', isTransient: true },
      { result: 'unknown' },
    ]);
    expect(outcomes[3]!.item.sopInstanceUid).toBe(d);
    const [request] = requests;
    expect(request!.headers.authorization).toBe('Bearer abc');
    expect(request!.headers['content-type']).toMatch(
      /^multipart\/related; type="application\/dicom"; boundary=/,
    );
    expect(Number(request!.headers['content-length'])).toBe(request!.body.length);
    for (const { file } of items) expect(request!.body.includes(await readFile(file))).toBe(true);
  });

  it('knows final refusals from passing ones', async () => {
    const items = await itemsOf(testStudy('failures', 1));
    const [a, b] = items.map(({ sopInstanceUid }) => sopInstanceUid);
    answer = (_body, response) => {
      response.writeHead(409);
      const failed = [
        { '00081155': a, '00081197': 0x0122 },
        { '00081155': b, '00081197': 0xc122 },
      ];
      response.end(JSON.stringify({ '00081198': sequence(failed) }));
    };
    expect(await collect(sender().send(items))).toMatchObject([
      { result: 'refused', status: '0122', isTransient: false, text: 'SOP class not supported (0122)' },
      { result: 'refused', status: 'C122', isTransient: false },
    ]);
  });

  it.each([
    [503, true],
    [500, true],
    [429, true],
    [415, false],
    [413, false],
  ])('HTTP %i without a body: passing %s', async (status, isTransient) => {
    const items = await itemsOf(testStudy('http', 1));
    answer = (_body, response) => response.writeHead(status).end('<html>');
    const outcomes = await collect(sender().send(items));
    expect(outcomes).toHaveLength(items.length);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ result: 'refused', status: `HTTP ${status}`, isTransient });
    }
    // A request that is refused as a whole is taken apart before anything is given up.
    expect(requests).toHaveLength(isTransient ? 1 : 1 + items.length);
  });

  it('takes 200 at its word when there is no body', async () => {
    const items = await itemsOf(testStudy('plain', 1));
    answer = (_body, response) => response.writeHead(200).end();
    expect((await collect(sender().send(items))).map(({ result }) => result)).toEqual([
      'accepted',
      'accepted',
    ]);
  });

  it('does not know what became of an instance when the connection breaks', async () => {
    const items = await itemsOf(testStudy('broken', 1));
    answer = (_body, response) => response.destroy();
    expect(await collect(sender().send(items))).toMatchObject([
      { result: 'unknown', code: 'DELIVERY_UNREACHABLE' },
      { result: 'unknown', code: 'DELIVERY_UNREACHABLE' },
    ]);
    answer = () => {};
    const silent = await collect(sender({ silenceMs: 100 }).send([items[0]!]));
    expect(silent).toMatchObject([{ result: 'unknown', text: expect.stringMatching(/no byte for 100 ms/) }]);
  });

  it('hears an answer that comes before the body is through', async () => {
    const big = testInstance({ study: 'big', size: 2048 });
    const item = await itemOf(big);
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      // Answered at the first bytes; the rest is read and thrown away, else the connection would be reset and the
      // answer might be lost on its way (RFC 9112 section 9.6).
      request.once('data', () => response.writeHead(401).end());
    });
    const [outcome] = await collect(sender().send([item]));
    expect(outcome).toMatchObject({ result: 'refused', status: 'HTTP 401' });
  });

  it('names a file that is gone and sends the others', async () => {
    const items = await itemsOf(testStudy('gone', 1));
    await rm(items[0]!.file);
    answer = (_body, response) => response.writeHead(200).end();
    expect(await collect(sender().send(items))).toMatchObject([
      { result: 'refused', status: 'DELIVERY_FILE_UNREADABLE', isTransient: false },
      { result: 'accepted' },
    ]);
  });

  it('reads responses that are no responses as none', () => {
    for (const body of ['', '<xml/>', 'null', '[]', '3', '{"00081199": 7}']) {
      expect(readStoreResponse(body)?.size ?? 0).toBe(0);
    }
    const strange = '{"00081198":{"vr":"SQ","Value":[{"00081155":{"Value":["1.2"]}}, 5, {}]}}';
    expect(readStoreResponse(strange)).toEqual(
      new Map([['1.2', { result: 'failed', failureReason: 0x0110 }]]),
    );
  });
});
