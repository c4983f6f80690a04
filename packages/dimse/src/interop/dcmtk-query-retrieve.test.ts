import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
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
  type Attribute,
  associate,
  type DimseServer,
  encodeDataSet,
  find,
  get,
  getProposal,
  listen,
  MODALITY_WORKLIST,
  move,
  PATIENT_ROOT,
  type Peer,
  query,
  readDataSet,
  receiveToFolder,
  retrieval,
  STUDY_ROOT,
  sendFiles,
  serviceContext,
  storage,
  storageContexts,
  storedFile,
} from '../index.ts';
import { dataSetOf } from '../testing/folders.ts';
import { CT, type WrittenInstance, writeInstances } from '../testing/instances.ts';

const QUERY_LEVEL = 0x00080052;
const PATIENT_NAME = 0x00100010;
const PATIENT_ID = 0x00100020;
const STUDY_UID = 0x0020000d;
const STEPS = 0x00400100;
const MODALITY = 0x00080060;
const JPEG_LS = '1.2.840.10008.1.2.4.80';

const encoder = (attributes: readonly Attribute[]) => (syntax: string) => encodeDataSet(attributes, syntax);
const studyKeys = (uid = '2.25.1001') =>
  encoder([
    { tag: QUERY_LEVEL, vr: 'CS', value: 'STUDY' },
    { tag: STUDY_UID, vr: 'UI', value: uid },
  ]);

const PEERS = [
  'dcmqrscp',
  'wlmscpfs',
  'findscu',
  'movescu',
  'getscu',
  'storescp',
  'dcmcjpls',
  'dcmdump',
  'openssl',
];

describeWithPeers('query and retrieve with dcmtk', PEERS, () => {
  let root: string;
  let instances: WrittenInstance[];
  let files: string[];

  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'dimse-qr-'));
    instances = await writeInstances(root, 5, { first: 6100 });
    const compressed = path.join(root, 'jpegls.dcm');
    const [source] = await writeInstances(root, 1, { first: 6200 });
    expect(runPeer('dcmcjpls', [source!.file, compressed])).toMatchObject({ status: 0 });
    files = [...instances.map(({ file }) => file), compressed];
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  /** Every data set that was sent lies in the folder, byte for byte. */
  async function expectSame(folder: string, sent = files): Promise<void> {
    const received = new Map<string, Buffer>();
    for (const name of await readdir(folder)) {
      if (name.startsWith('.')) continue;
      const { sopInstanceUid, dataSet } = await dataSetOf(path.join(folder, name));
      received.set(sopInstanceUid, dataSet);
    }
    expect(received.size).toBe(sent.length);
    for (const file of sent) {
      const { sopInstanceUid, dataSet } = await dataSetOf(file);
      expect(received.get(sopInstanceUid)?.equals(dataSet)).toBe(true);
    }
  }

  describe('dcmqrscp as archive', () => {
    let archive: RunningPeer;
    let peer: Peer;
    let workstation: DimseServer;
    let received: string;

    beforeAll(async () => {
      await mkdir(path.join(root, 'db'));
      received = await mkdtemp(path.join(root, 'moved-'));
      const receiver = await receiveToFolder(received);
      workstation = await listen({
        aeTitles: ['NODE'],
        peers: [{ aeTitle: 'QR' }],
        port: 0,
        services: [storage({ open: () => receiver })],
      });
      const port = await freePort();
      const settings = [
        `NetworkTCPPort = ${port}`,
        'MaxPDUSize = 131072',
        'MaxAssociations = 16',
        'HostTable BEGIN',
        `node = (NODE, 127.0.0.1, ${workstation.port})`,
        'HostTable END',
        'VendorTable BEGIN',
        'VendorTable END',
        'AETable BEGIN',
        `QR ${path.join(root, 'db')} RW (200, 1024mb) ANY`,
        'AETable END',
      ];
      await writeFile(path.join(root, 'qr.cfg'), `${settings.join('\n')}\n`);
      archive = await startPeer('dcmqrscp', ['-c', path.join(root, 'qr.cfg')], port);
      peer = { host: '127.0.0.1', port, calledAeTitle: 'QR', callingAeTitle: 'NODE' };
      const results: string[] = [];
      const all = instances.map(({ file }) => file);
      // dcmqrscp has a process for each association, and they may lose each other's entries in the index.
      for await (const { result } of sendFiles(peer, all, { maxAssociations: 1 })) results.push(result);
      expect(results).toEqual(instances.map(() => 'success'));
    });
    afterAll(async () => {
      await archive.stop('SIGKILL');
      await workstation.close(0);
    });

    it.each([
      ['study root', STUDY_ROOT.find, 'STUDY'],
      ['patient root', PATIENT_ROOT.find, 'PATIENT'],
    ])('is asked by %s', async (_name, model, level) => {
      const association = await associate(peer, { contexts: [serviceContext(model)] });
      const identifier = encoder([
        { tag: QUERY_LEVEL, vr: 'CS', value: level },
        { tag: PATIENT_ID, vr: 'LO', value: 'T*' },
        { tag: PATIENT_NAME, vr: 'PN', value: '' },
      ]);
      const names: (string | undefined)[] = [];
      for await (const match of find(association, { model, identifier })) {
        names.push(readDataSet(match.identifier, match.transferSyntaxUid).text(PATIENT_NAME));
      }
      expect(names).toEqual(['Test^Only']);
      await association.release();
    });

    it('refuses a query without a level, with its status', async () => {
      const association = await associate(peer, { contexts: [serviceContext(STUDY_ROOT.find)] });
      const identifier = encoder([{ tag: PATIENT_ID, vr: 'LO', value: '*' }]);
      const running = find(association, { model: STUDY_ROOT.find, identifier });
      await expect(running.outcome()).rejects.toMatchObject({ code: 'DIMSE_OPERATION_FAILED' });
      await association.release();
    });

    it('gives a study by C-GET, byte for byte', async () => {
      const folder = await mkdtemp(path.join(root, 'got-'));
      const receiver = await receiveToFolder(folder);
      const association = await associate(peer, {
        ...getProposal(STUDY_ROOT.get, storageContexts([CT])),
        services: [storage({ open: () => receiver })],
      });
      const outcome = await get(association, { model: STUDY_ROOT.get, identifier: studyKeys() }).outcome();
      expect(outcome).toMatchObject({ status: 0, completed: instances.length, failed: 0 });
      await association.release();
      await rm(path.join(folder, '.incoming'), { recursive: true });
      await expectSame(
        folder,
        instances.map(({ file }) => file),
      );
    });

    it('sends a study by C-MOVE, with progress, byte for byte', async () => {
      const association = await associate(peer, { contexts: [serviceContext(STUDY_ROOT.move)] });
      const request = { model: STUDY_ROOT.move, destination: 'NODE', identifier: studyKeys() };
      const running = move(association, request);
      let last = 0;
      for await (const { completed } of running) last = completed;
      expect(last).toBeGreaterThan(0);
      expect(await running.outcome()).toMatchObject({ status: 0, completed: instances.length, failed: 0 });
      await association.release();
      await rm(path.join(received, '.incoming'), { recursive: true });
      await expectSame(
        received,
        instances.map(({ file }) => file),
      );
    });

    it('does not know a stranger', async () => {
      const association = await associate(peer, { contexts: [serviceContext(STUDY_ROOT.move)] });
      const request = { model: STUDY_ROOT.move, destination: 'STRANGER', identifier: studyKeys() };
      await expect(move(association, request).outcome()).rejects.toMatchObject({ status: 0xa801 });
      await association.release();
    });
  });

  it('wlmscpfs tells what is scheduled', async () => {
    const lists = path.join(root, 'worklists');
    await mkdir(path.join(lists, 'RIS'), { recursive: true });
    await writeFile(path.join(lists, 'RIS', 'lockfile'), '');
    const dump = [
      ['(0008,0050) SH A1', '(0010,0010) PN Later^Only', '(0010,0020) LO T9', '(0020,000d) UI 2.25.9'],
      ['(0032,1060) LO Chest', '(0040,0100) SQ', '(fffe,e000) -', '(0008,0060) CS CT', '(0040,0001) AE CT1'],
      ['(0040,0002) DA 20261123', '(0040,0003) TM 1015', '(0040,0007) LO Chest', '(0040,0009) SH S1'],
      ['(fffe,e00d) -', '(fffe,e0dd) -', '(0040,1001) SH R1'],
    ].flat();
    await writeFile(path.join(root, 'entry.dump'), `${dump.join('\n')}\n`);
    const made = runPeer('dump2dcm', [path.join(root, 'entry.dump'), path.join(lists, 'RIS', '1.wl')]);
    expect(made).toMatchObject({ status: 0 });
    const port = await freePort();
    const ris = await startPeer('wlmscpfs', ['-dfp', lists, String(port)], port);
    const peer = { host: '127.0.0.1', port, calledAeTitle: 'RIS', callingAeTitle: 'NODE' };
    const association = await associate(peer, { contexts: [serviceContext(MODALITY_WORKLIST)] });
    const scheduled = async (modality: string) => {
      const identifier = encoder([
        { tag: PATIENT_ID, vr: 'LO', value: '' },
        { tag: STEPS, vr: 'SQ', value: [[{ tag: MODALITY, vr: 'CS', value: modality }]] },
      ]);
      const found: unknown[] = [];
      for await (const match of find(association, { model: MODALITY_WORKLIST, identifier })) {
        const entry = readDataSet(match.identifier, match.transferSyntaxUid);
        found.push([entry.text(PATIENT_ID), entry.items(STEPS)[0]?.text(MODALITY)]);
      }
      return found;
    };
    expect(await scheduled('CT')).toEqual([['T9', 'CT']]);
    expect(await scheduled('MR')).toEqual([]);
    await association.release();
    await ris.stop('SIGKILL');
  });

  describe('this package as archive', () => {
    let server: DimseServer;
    let target: string;
    let storescp: RunningPeer | undefined;
    let storePort: number;

    beforeEach(async () => {
      target = await mkdtemp(path.join(root, 'target-'));
      storePort = await freePort();
      server = await listen({
        aeTitles: ['NODE'],
        peers: 'any',
        port: 0,
        services: [
          query({
            models: [STUDY_ROOT.find, PATIENT_ROOT.find, MODALITY_WORKLIST],
            *find() {
              for (const name of ['One^Only', 'Two^Only']) {
                yield {
                  identifier: encoder([
                    { tag: QUERY_LEVEL, vr: 'CS', value: 'STUDY' },
                    { tag: PATIENT_NAME, vr: 'PN', value: name },
                    { tag: STUDY_UID, vr: 'UI', value: '2.25.1001' },
                  ]),
                };
              }
            },
          }),
          retrieval({
            models: [STUDY_ROOT, PATIENT_ROOT],
            select: () => Promise.all(files.map((file) => storedFile(file))),
            destination: (aeTitle) =>
              aeTitle === 'WS'
                ? { host: '127.0.0.1', port: storePort, calledAeTitle: 'WS', callingAeTitle: 'NODE' }
                : undefined,
          }),
        ],
      });
      return async () => {
        await storescp?.stop('SIGKILL');
        storescp = undefined;
        await server.close(0);
      };
    });

    const where = () => ['-aec', 'NODE', '127.0.0.1', String(server.port)];
    const keys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', 'StudyInstanceUID=2.25.1001'];

    it.each([
      ['-S', 'study root'],
      ['-P', 'patient root'],
      ['-W', 'work list'],
    ])('answers findscu %s (%s)', async (option) => {
      const { status, output } = await spawnPeer('findscu', [
        option,
        '-k',
        'PatientName',
        ...keys,
        ...where(),
      ]);
      expect(status).toBe(0);
      expect(output).toMatch(/One\^Only[\s\S]*Two\^Only/);
    });

    it('is cancelled by findscu', async () => {
      const { status, output } = await spawnPeer('findscu', [
        '-v',
        '-S',
        '--cancel',
        '1',
        ...keys,
        ...where(),
      ]);
      expect(status).toBe(0);
      expect(output).toMatch(/Cancel/);
    });

    it('gives getscu what it has, in the syntax it has', async () => {
      const plain = await spawnPeer('getscu', ['-S', '-od', target, ...keys, ...where()]);
      expect(plain.status).toBe(0);
      await expectSame(
        target,
        instances.map(({ file }) => file),
      );
      const both = await mkdtemp(path.join(root, 'target-'));
      expect((await spawnPeer('getscu', ['-S', '+xt', '-od', both, ...keys, ...where()])).status).toBe(0);
      const names = await readdir(both);
      const heads = await Promise.all(names.map((name) => dataSetOf(path.join(both, name))));
      expect(heads.some(({ transferSyntaxUid }) => transferSyntaxUid === JPEG_LS)).toBe(true);
    });

    it('sends for movescu to storescp, byte for byte, and to nobody else', async () => {
      storescp = await startPeer(
        'storescp',
        ['-aet', 'WS', '+xa', '+B', '-od', target, String(storePort)],
        storePort,
      );
      const { status, output } = await spawnPeer('movescu', ['-v', '-S', '-aem', 'WS', ...keys, ...where()]);
      expect(status).toBe(0);
      expect(output).toMatch(/Success/);
      await expectSame(target);
      const stranger = await spawnPeer('movescu', ['-v', '-S', '-aem', 'STRANGER', ...keys, ...where()]);
      expect(stranger.output).toMatch(/MoveDestinationUnknown/);
    });
  });

  it('speaks TLS with findscu by each profile of its, certificates on both sides', async () => {
    const key = path.join(root, 'key.pem');
    const cert = path.join(root, 'cert.pem');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    const out = ['-keyout', key, '-out', cert, '-nodes', '-newkey', 'rsa:2048'];
    expect(runPeer('openssl', ['req', '-x509', ...out, ...subject])).toMatchObject({ status: 0 });
    const tls = { key: await readFile(key), cert: await readFile(cert), ca: await readFile(cert) };
    const server = await listen({
      aeTitles: ['NODE'],
      peers: 'any',
      port: 0,
      tls: { ...tls, requestCert: true },
      services: [query({ models: [STUDY_ROOT.find], find: () => [{ identifier: studyKeys() }] })],
    });
    const where = ['-S', '-k', 'QueryRetrieveLevel=STUDY', '-aec', 'NODE', '127.0.0.1', String(server.port)];
    for (const profile of ['+px', '+py', '+pz']) {
      const found = await spawnPeer('findscu', ['+tls', key, cert, '+cf', cert, profile, '-v', ...where]);
      expect([profile, found.status, /2\.25\.1001/.test(found.output)]).toEqual([profile, 0, true]);
    }
    const old = await spawnPeer('findscu', ['+tls', key, cert, '+cf', cert, '+pb', ...where]);
    expect(old.status).not.toBe(0);
    const anonymous = await spawnPeer('findscu', ['+tla', '+cf', cert, ...where]);
    expect(anonymous.status).not.toBe(0);
    await server.close(0);
  });
});
