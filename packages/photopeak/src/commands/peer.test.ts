import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Dataset, UID, writePart10 } from '@photopeak/dicom';
import { listen, verification } from '@photopeak/dimse';
import { describeWithPeers, freePort, type RunningPeer, runPeer, startPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

const STUDY = '2.25.7001';

function image(n: number): Uint8Array {
  const dataset = Dataset.of({
    SOPClassUID: UID.SecondaryCaptureImageStorage,
    SOPInstanceUID: `2.25.7100${n}`,
    StudyInstanceUID: STUDY,
    SeriesInstanceUID: '2.25.7002',
    PatientID: 'T7',
    PatientName: 'Test^Only',
    StudyDate: '20260101',
    StudyTime: '101500',
    Modality: 'OT',
    StudyID: '1',
    SeriesNumber: 1,
    InstanceNumber: n,
  });
  return writePart10({ dataset });
}

function worklistEntry(): Uint8Array {
  const dataset = Dataset.of({
    SOPClassUID: '1.2.276.0.7230010.3.1.0.1',
    SOPInstanceUID: '2.25.7200',
    PatientID: 'T8',
    PatientName: 'Later^Only',
    AccessionNumber: 'A8',
    StudyInstanceUID: '2.25.7003',
    RequestedProcedureID: 'R8',
    RequestedProcedureDescription: 'CT chest',
    ScheduledProcedureStepSequence: Dataset.of({
      ScheduledStationAETitle: 'CT1',
      ScheduledProcedureStepStartDate: '20261123',
      ScheduledProcedureStepStartTime: '1015',
      Modality: 'CT',
      ScheduledProcedureStepID: 'S8',
      ScheduledProcedureStepDescription: 'chest',
    }),
  });
  return writePart10({ dataset });
}

describe('a peer that cannot be used', () => {
  it('is named with what to do, as text and as JSON', async () => {
    const closed = await photopeak('echo', `PACS@127.0.0.1:${await freePort()}`, '--json');
    expect(closed.code).toBe(2);
    expect(closed.stderr).toMatch(/DIMSE_CONNECT_FAILED.*ECONNREFUSED.*Check host/);
    expect(JSON.parse(closed.stdout)).toMatchObject({ error: { code: 'DIMSE_CONNECT_FAILED' } });
    const nowhere = await photopeak('find', 'PACS');
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toMatch(/OPTION_INVALID.*TITLE@HOST:PORT/);
  });
});

describeWithPeers('a peer behind TLS that asks who calls', ['openssl'], () => {
  it('is reached with its certificate and a passcode from the environment, not without', async () => {
    const root = await mkdtemp(path.join(os.tmpdir(), 'photopeak-tls-'));
    const [key, cert] = [path.join(root, 'key.pem'), path.join(root, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    runPeer('openssl', [
      'req',
      '-x509',
      '-keyout',
      key,
      '-out',
      cert,
      '-nodes',
      '-newkey',
      'rsa:2048',
      ...subject,
    ]);
    const server = await listen({
      aeTitles: ['PACS'],
      peers: 'any',
      port: 0,
      tls: { key: await readFile(key), cert: await readFile(cert) },
      services: [verification()],
      identify: async ({ identity }) => ({
        isAccepted: identity !== undefined && Buffer.from(identity.secondary).toString() === 'secret',
      }),
    });
    const peer = `PACS@127.0.0.1:${server.port}`;
    process.env.PHOTOPEAK_PASSCODE = 'secret';
    const [known, unknown, unnamed] = await Promise.all([
      photopeak('echo', peer, '--tls-ca', cert, '--user', 'reader', '--json'),
      photopeak('echo', peer, '--tls', '--user', 'reader'),
      photopeak('echo', peer, '--tls-ca', cert),
    ]);
    delete process.env.PHOTOPEAK_PASSCODE;
    expect(known.code).toBe(0);
    expect(JSON.parse(known.stdout)).toMatchObject({ encrypted: true, status: 'success (0000)' });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/self-signed certificate/) });
    expect(unnamed).toMatchObject({ code: 2, stderr: expect.stringMatching(/DIMSE_REJECTED/) });
    await server.close(0);
    await rm(root, { recursive: true, force: true });
  });
});

describeWithPeers('an archive and a work list', ['dcmqrscp', 'wlmscpfs', 'storescp'], () => {
  let root: string;
  let peers: RunningPeer[];
  let archive: string;
  let worklist: string;

  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'photopeak-peer-'));
    for (const folder of ['db', 'sent', 'moved', 'wl/RIS'])
      await mkdir(path.join(root, folder), { recursive: true });
    for (const n of [1, 2, 3]) await writeFile(path.join(root, 'sent', `${n}.dcm`), image(n));
    await writeFile(path.join(root, 'wl/RIS/1.wl'), worklistEntry());
    await writeFile(path.join(root, 'wl/RIS/lockfile'), '');
    const [port, storePort, listPort] = [await freePort(), await freePort(), await freePort()];
    const settings = [
      `NetworkTCPPort = ${port}`,
      'MaxPDUSize = 16384',
      'MaxAssociations = 16',
      'HostTable BEGIN',
      `ws = (WS, 127.0.0.1, ${storePort})`,
      'HostTable END',
      'VendorTable BEGIN',
      'VendorTable END',
      'AETable BEGIN',
      `QR ${path.join(root, 'db')} RW (200, 1024mb) ANY`,
      'AETable END',
    ];
    await writeFile(path.join(root, 'qr.cfg'), `${settings.join('\n')}\n`);
    peers = await Promise.all([
      startPeer('dcmqrscp', ['-c', path.join(root, 'qr.cfg')], port),
      startPeer('storescp', ['-aet', 'WS', '-od', path.join(root, 'moved'), String(storePort)], storePort),
      startPeer('wlmscpfs', ['-dfp', path.join(root, 'wl'), String(listPort)], listPort),
    ]);
    archive = `QR@127.0.0.1:${port}`;
    worklist = `RIS@127.0.0.1:${listPort}`;
  });

  afterAll(async () => {
    await Promise.all(peers.map((peer) => peer.stop('SIGKILL')));
    await rm(root, { recursive: true, force: true });
  });

  it('is pinged, filled, asked, and gives back', async () => {
    const echo = await photopeak('echo', archive);
    expect(echo).toMatchObject({ code: 0, stdout: expect.stringMatching(/answers success \(0000\)/) });

    // dcmqrscp has a process for each association, and they may lose each other's entries in the index.
    const one = ['--associations', '1'];
    const send = await photopeak('send', archive, path.join(root, 'sent'), '--json', ...one);
    expect(send.code).toBe(0);
    expect(JSON.parse(send.stdout)).toEqual({ sent: 3, warnings: 0, problems: [] });

    const table = await photopeak('find', archive, 'PatientID=T*');
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/StudyInstanceUID +PatientName/);
    expect(table.stdout).toMatch(new RegExp(`${STUDY} +Test\\^Only`));

    const images = [
      'find',
      archive,
      '--level',
      'image',
      `StudyInstanceUID=${STUDY}`,
      'SeriesInstanceUID=2.25.7002',
    ];
    const json = await photopeak(...images, '--json');
    expect(
      JSON.parse(json.stdout).map((match: Record<string, { Value: string[] }>) => match['00080018']?.Value),
    ).toEqual([['2.25.71001'], ['2.25.71002'], ['2.25.71003']]);

    const got = path.join(root, 'got');
    const get = await photopeak('get', archive, `StudyInstanceUID=${STUDY}`, '--out', got);
    expect(get).toMatchObject({ code: 0, stdout: expect.stringMatching(/3 completed, .*0 failed/) });
    expect((await readdir(got)).filter((name) => name.endsWith('.dcm'))).toHaveLength(3);

    const move = await photopeak('move', archive, `StudyInstanceUID=${STUDY}`, '--to', 'WS', '--json');
    expect(move.code).toBe(0);
    expect(JSON.parse(move.stdout)).toMatchObject({ completed: 3, failed: 0 });
    expect(await readdir(path.join(root, 'moved'))).toHaveLength(3);

    const unknown = await photopeak('move', archive, `StudyInstanceUID=${STUDY}`, '--to', 'NOBODY');
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/move destination unknown \(A801\)/),
    });

    const vague = await photopeak('get', archive, 'PatientName=X');
    expect(vague).toMatchObject({ code: 2, stderr: expect.stringMatching(/StudyInstanceUID/) });
  });

  it('tells what is scheduled', async () => {
    const entries = await photopeak('worklist', worklist, '--modality', 'CT', '--date', '20261101-20261130');
    expect(entries.code).toBe(0);
    expect(entries.stdout).toMatch(/20261123 .* CT .* CT1 .* T8 .* Later\^Only .* CT chest/);
    const none = await photopeak('worklist', worklist, '--modality', 'MR', '--json');
    expect(none).toMatchObject({ code: 0, stdout: '[]\n' });
  });
});
