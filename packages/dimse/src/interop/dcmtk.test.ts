import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import {
  describeWithPeers,
  freePort,
  type RunningPeer,
  runPeer,
  spawnPeer,
  startPeer,
} from '@photopeak/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  associate,
  type DimseServer,
  type DimseServerEvent,
  ECHO_CONTEXT,
  echo,
  listen,
  receiveToFolder,
  type SendOutcome,
  sendFiles,
  storage,
  verification,
} from '../index.ts';
import { dataSetOf } from '../testing/folders.ts';
import { writeInstances } from '../testing/instances.ts';

/** Each encoding: how dcmtk makes it, how storescu proposes it, how storescp is told to prefer it. */
const ENCODINGS = [
  {
    name: 'explicit',
    uid: '1.2.840.10008.1.2.1',
    tool: 'dcmconv',
    make: ['+te'],
    propose: '-xe',
    prefer: '+xe',
  },
  {
    name: 'implicit',
    uid: '1.2.840.10008.1.2',
    tool: 'dcmconv',
    make: ['+ti'],
    propose: '-xi',
    prefer: '+xi',
  },
  {
    name: 'deflated',
    uid: '1.2.840.10008.1.2.1.99',
    tool: 'dcmconv',
    make: ['+td'],
    propose: '-xd',
    prefer: '+xd',
  },
  { name: 'rle', uid: '1.2.840.10008.1.2.5', tool: 'dcmcrle', make: [], propose: '-xr', prefer: '+xr' },
  { name: 'jpeg', uid: '1.2.840.10008.1.2.4.70', tool: 'dcmcjpeg', make: [], propose: '-xs', prefer: '+xs' },
  {
    name: 'jpegls',
    uid: '1.2.840.10008.1.2.4.80',
    tool: 'dcmcjpls',
    make: [],
    propose: '-xt',
    prefer: '+xt',
  },
] as const;

const PEERS = [
  'storescu',
  'storescp',
  'echoscu',
  'termscu',
  'dcmconv',
  'dcmcrle',
  'dcmcjpeg',
  'dcmcjpls',
  'openssl',
];

describeWithPeers('dcmtk', PEERS, () => {
  let root: string;
  let originals: string[];
  const encoded: Record<string, string> = {};

  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'dimse-dcmtk-'));
    originals = (await writeInstances(root, 5, { first: 6000 })).map(({ file }) => file);
    for (const [index, { name, tool, make }] of ENCODINGS.entries()) {
      const [source] = await writeInstances(root, 1, { first: 7000 + index });
      const file = path.join(root, `${name}.dcm`);
      expect(runPeer(tool, [...make, source!.file, file])).toMatchObject({ status: 0 });
      encoded[name] = file;
    }
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  describe('as sender', () => {
    let server: DimseServer;
    let folder: string;
    let events: DimseServerEvent[];
    let where: string[];

    beforeEach(async () => {
      folder = await mkdtemp(path.join(root, 'received-'));
      events = [];
      const receiver = await receiveToFolder(folder);
      server = await listen({
        aeTitles: ['NODE'],
        peers: [{ aeTitle: 'STORESCU' }, { aeTitle: 'ECHOSCU' }],
        port: 0,
        services: [verification(), storage({ open: () => receiver })],
        onEvent: (event) => events.push(event),
      });
      where = ['-aec', 'NODE', '127.0.0.1', String(server.port)];
      return () => server.close(0);
    });

    const storescu = (options: readonly string[], files: readonly string[]) =>
      spawnPeer('storescu', [...options, ...where, ...files]);

    it.each(ENCODINGS)('stores $name byte for byte', async ({ name, uid, propose }) => {
      const { status, output } = await storescu([propose], [encoded[name]!]);
      expect(output).toBe('');
      expect(status).toBe(0);
      const sent = await dataSetOf(encoded[name]!);
      const stored = await dataSetOf(path.join(folder, `${sent.sopInstanceUid}.dcm`));
      expect(stored.transferSyntaxUid).toBe(uid);
      // storescu deflates again, and not as dcmconv does.
      const plain = name === 'deflated' ? inflateRawSync : (bytes: Buffer) => bytes;
      expect(plain(stored.dataSet).equals(plain(sent.dataSet))).toBe(true);
    });

    it('stores many files over one association, in PDUs of any size', async () => {
      for (const size of ['4096', '131072']) {
        const { status } = await storescu(['--max-send-pdu', size], originals);
        expect(status).toBe(0);
        for (const file of originals) {
          const stored = await dataSetOf(path.join(folder, path.basename(file)));
          expect(stored.dataSet.equals((await dataSetOf(file)).dataSet)).toBe(true);
        }
      }
      expect(events.filter(({ kind }) => kind === 'opened')).toHaveLength(2);
    });

    it('reads what we store as DICOM', async () => {
      expect((await storescu([], originals)).status).toBe(0);
      for (const file of originals) {
        expect(runPeer('dcmftest', [path.join(folder, path.basename(file))]).output).toMatch(/^yes/);
      }
    });

    it('is told apart when it aborts instead of releasing', async () => {
      await storescu(['--abort'], originals);
      while (!events.some(({ kind }) => kind === 'closed')) await new Promise((r) => setTimeout(r, 5));
      expect(events.find(({ kind }) => kind === 'closed')).toMatchObject({ end: 'aborted' });
      expect((await readdir(folder)).filter((name) => name.endsWith('.dcm'))).toHaveLength(originals.length);
    });

    it('pings, and understands why it is refused', async () => {
      expect(await spawnPeer('echoscu', where)).toEqual({ status: 0, output: '' });
      const called = await spawnPeer('echoscu', ['-aec', 'WRONG', '127.0.0.1', String(server.port)]);
      expect(called.output).toMatch(/Called AE Title Not Recognized/);
      expect(called.status).not.toBe(0);
      const calling = await spawnPeer('echoscu', ['-aet', 'STRANGER', ...where]);
      expect(calling.output).toMatch(/Calling AE Title Not Recognized/);
    });

    it('says who it is, and is believed or not', async () => {
      const claims: (string | undefined)[] = [];
      const guarded = await listen({
        aeTitles: ['NODE'],
        peers: 'any',
        port: 0,
        services: [verification(), storage({ open: () => ({ store: async () => ({ status: 0 }) }) })],
        async identify({ identity }) {
          const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();
          claims.push(identity?.type);
          const isReader = text(identity?.primary) === 'reader' && text(identity?.secondary) === 'secret';
          return isReader || identity?.type === 'jwt' ? { isAccepted: true } : { isAccepted: false };
        },
      });
      const token = path.join(root, 'token');
      await writeFile(token, 'header.payload.signature');
      const send = (...options: string[]) =>
        spawnPeer('storescu', [...options, '-aec', 'NODE', '127.0.0.1', String(guarded.port), originals[0]!]);
      const reader = ['-usr', 'reader', '-pwd', 'secret'];
      expect((await send(...reader, '-rsp')).status).toBe(0);
      expect((await send(...reader)).status).toBe(0);
      expect((await send('--jwt', token)).status).toBe(0);
      expect((await send('-usr', 'reader', '-pwd', 'guess')).status).not.toBe(0);
      expect((await send()).status).not.toBe(0);
      const named = 'username-passcode';
      expect(claims).toEqual([named, named, 'jwt', named, undefined]);
      await guarded.close(0);
    });

    it('cannot shut us down', async () => {
      await spawnPeer('termscu', ['-aet', 'ECHOSCU', ...where]);
      expect((await spawnPeer('echoscu', where)).status).toBe(0);
    });

    it('sends from many processes at once', async () => {
      const runs = await Promise.all(Array.from({ length: 6 }, () => storescu([], originals)));
      expect(runs.map(({ status }) => status)).toEqual(Array(6).fill(0));
      for (const file of originals) {
        const stored = await dataSetOf(path.join(folder, path.basename(file)));
        expect(stored.dataSet.equals((await dataSetOf(file)).dataSet)).toBe(true);
      }
    });
  });

  describe('as receiver', () => {
    let peer: RunningPeer | undefined;
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(path.join(root, 'target-'));
      return async () => {
        await peer?.stop('SIGKILL');
        peer = undefined;
      };
    });

    async function storescp(...options: string[]) {
      const port = await freePort();
      await mkdir(folder, { recursive: true });
      peer = await startPeer('storescp', ['-od', folder, ...options, String(port)], port);
      return { host: '127.0.0.1', port, calledAeTitle: 'STORESCP', callingAeTitle: 'NODE' };
    }

    async function send(
      target: Awaited<ReturnType<typeof storescp>>,
      files: readonly string[],
      associations = 4,
    ) {
      const outcomes: SendOutcome[] = [];
      for await (const outcome of sendFiles(target, files, { maxAssociations: associations }))
        outcomes.push(outcome);
      return outcomes;
    }

    async function stored(): Promise<Map<string, Buffer>> {
      const files = await readdir(folder);
      const heads = await Promise.all(files.map((name) => dataSetOf(path.join(folder, name))));
      return new Map(heads.map(({ sopInstanceUid, dataSet }) => [sopInstanceUid, dataSet]));
    }

    it('answers C-ECHO', async () => {
      const association = await associate(await storescp(), { contexts: [ECHO_CONTEXT] });
      expect(await echo(association)).toBe(0);
      expect(association.info.peerImplementationVersionName).toMatch(/^OFFIS_DCMTK/);
      await association.release();
    });

    it.each(ENCODINGS)('gets $name byte for byte', async ({ name, prefer }) => {
      const outcomes = await send(await storescp('+B', prefer), [encoded[name]!]);
      expect(outcomes).toMatchObject([{ result: 'success', status: 0 }]);
      const sent = await dataSetOf(encoded[name]!);
      const padding = Buffer.alloc(sent.dataSet.length % 2);
      const expected = Buffer.concat([sent.dataSet, padding]);
      expect((await stored()).get(sent.sopInstanceUid)?.equals(expected)).toBe(true);
    });

    it.each([
      ['one association at a time', []],
      ['a process for each', ['--fork']],
      ['small PDUs', ['-pdu', '4096']],
      ['the largest PDUs', ['-pdu', '131072']],
    ])('gets a mixed series once each: %s', async (_name, options) => {
      const files = [...originals, encoded.jpegls!, encoded.implicit!, encoded.rle!];
      const outcomes = await send(await storescp('+B', '+xa', ...options), files);
      expect(outcomes.map(({ result }) => result)).toEqual(files.map(() => 'success'));
      expect(outcomes.map(({ file }) => file).sort()).toEqual([...files].sort());
      const received = await stored();
      expect(received.size).toBe(files.length);
      for (const file of files) {
        const { sopInstanceUid, dataSet } = await dataSetOf(file);
        expect(received.get(sopInstanceUid)?.equals(dataSet)).toBe(true);
      }
    });

    it('takes implicit only: the rest is named, not converted', async () => {
      const outcomes = await send(await storescp('--implicit'), [
        encoded.implicit!,
        originals[0]!,
        encoded.jpegls!,
      ]);
      expect(outcomes.map(({ file, result }) => [path.basename(file), result]).sort()).toEqual([
        ['2.25.6000.dcm', 'error'],
        ['implicit.dcm', 'success'],
        ['jpegls.dcm', 'error'],
      ]);
      for (const outcome of outcomes) {
        if (outcome.result === 'error') expect(outcome.error.code).toBe('DIMSE_CONTEXT_NOT_ACCEPTED');
      }
    });

    it.each([
      ['--refuse', 'DIMSE_REJECTED'],
      ['--abort-after', 'DIMSE_ABORTED'],
      ['--abort-during', 'DIMSE_ABORTED'],
    ])('%s: every file has an outcome with the reason', async (option, code) => {
      const outcomes = await send(await storescp(option), originals, 1);
      expect(outcomes.map(({ file }) => file).sort()).toEqual([...originals].sort());
      for (const outcome of outcomes) expect(outcome).toMatchObject({ result: 'error', error: { code } });
    });

    it('is killed in the middle: the outcomes tell what it has', async () => {
      const target = await storescp('+B', '--sleep-after', '1');
      const outcomes: SendOutcome[] = [];
      for await (const outcome of sendFiles(target, originals, { maxAssociations: 1 })) {
        outcomes.push(outcome);
        await peer!.stop('SIGKILL');
      }
      expect(outcomes[0]).toMatchObject({ result: 'success' });
      expect(outcomes.slice(1).map(({ result }) => result)).toEqual(Array(4).fill('error'));
    });
  });

  describe('with TLS', () => {
    let keys: { key: string; cert: string };

    beforeAll(() => {
      keys = { key: path.join(root, 'key.pem'), cert: path.join(root, 'cert.pem') };
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
      const files = ['-keyout', keys.key, '-out', keys.cert, '-nodes', '-newkey', 'rsa:2048'];
      expect(runPeer('openssl', ['req', '-x509', ...files, ...subject])).toMatchObject({ status: 0 });
    });

    it('stores in both directions with certificates on both sides', async () => {
      const [key, cert] = await Promise.all([readFile(keys.key), readFile(keys.cert)]);
      const tls = ['+tls', keys.key, keys.cert, '+cf', keys.cert];
      const folder = await mkdtemp(path.join(root, 'tls-'));
      const receiver = await receiveToFolder(folder);
      const events: DimseServerEvent[] = [];
      const server = await listen({
        aeTitles: ['NODE'],
        peers: 'any',
        port: 0,
        tls: { key, cert, ca: cert, requestCert: true, rejectUnauthorized: true },
        services: [verification(), storage({ open: () => receiver })],
        onEvent: (event) => events.push(event),
      });
      const where = ['-aec', 'NODE', '127.0.0.1', String(server.port)];
      expect(await spawnPeer('storescu', [...tls, ...where, ...originals])).toEqual({
        status: 0,
        output: '',
      });
      expect((await spawnPeer('echoscu', where)).status).not.toBe(0); // without TLS
      expect(events.find(({ kind }) => kind === 'opened')).toMatchObject({
        association: { isEncrypted: true },
      });
      await server.close(0);

      const port = await freePort();
      const target = await mkdtemp(path.join(root, 'tls-target-'));
      const storescp = await startPeer('storescp', [...tls, '+B', '-od', target, String(port)], port);
      const peer = { host: '127.0.0.1', port, calledAeTitle: 'STORESCP', callingAeTitle: 'NODE' };
      const results: string[] = [];
      for await (const { result } of sendFiles({ ...peer, tls: { key, cert, ca: cert } }, originals)) {
        results.push(result);
      }
      expect(results).toEqual(originals.map(() => 'success'));
      const untrusted = associate({ ...peer, tls: { key, cert } }, { contexts: [ECHO_CONTEXT] });
      await expect(untrusted).rejects.toMatchObject({ code: 'DIMSE_CONNECT_FAILED' });
      await storescp.stop('SIGKILL');
    });
  });
});
