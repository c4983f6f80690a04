import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describeWithPeers, freePort, type Orthanc, startOrthanc } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  associate,
  type CommitmentReport,
  commitment,
  commitmentReports,
  type DimseServer,
  encodeDataSet,
  find,
  get,
  getProposal,
  listen,
  move,
  query,
  readDataSet,
  receiveToFolder,
  requestCommitment,
  retrieval,
  STORAGE_COMMITMENT,
  STUDY_ROOT,
  sendFiles,
  serviceContext,
  storage,
  storageContexts,
  storedFile,
  verification,
} from '../index.ts';
import { dataSetOf } from '../testing/folders.ts';
import { CT, type WrittenInstance, writeInstances } from '../testing/instances.ts';

const QUERY_LEVEL = 0x00080052;
const PATIENT_ID = 0x00100020;
const STUDY_UID = 0x0020000d;

const studyKeys = (syntax: string) =>
  encodeDataSet(
    [
      { tag: QUERY_LEVEL, vr: 'CS', value: 'STUDY' },
      { tag: STUDY_UID, vr: 'UI', value: '2.25.1001' },
      { tag: PATIENT_ID, vr: 'LO', value: '' },
    ],
    syntax,
  );

describeWithPeers('Orthanc', ['Orthanc'], () => {
  let root: string;
  let orthanc: Orthanc;
  let server: DimseServer;
  let received: string;
  let instances: WrittenInstance[];
  let reports: CommitmentReport[];

  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'dimse-orthanc-'));
    received = await mkdtemp(path.join(root, 'received-'));
    instances = await writeInstances(root, 20, { first: 8000, pixelBytes: 64 * 1024 });
    reports = [];
    const receiver = await receiveToFolder(received);
    const orthancPeer = () => ({ ...peer(), callingAeTitle: 'NODE' });
    server = await listen({
      aeTitles: ['NODE'],
      peers: [{ aeTitle: 'ORTHANC', addresses: ['127.0.0.1'] }],
      port: await freePort(),
      services: [
        verification(),
        storage({ open: () => receiver }),
        query({ models: [STUDY_ROOT.find], find: () => [{ identifier: studyKeys }] }),
        retrieval({
          models: [STUDY_ROOT],
          select: () => Promise.all(instances.map(({ file }) => storedFile(file))),
          destination: (aeTitle) => (aeTitle === 'ORTHANC' ? orthancPeer() : undefined),
        }),
        commitment({
          check: async (asked) => ({ committed: asked.instances, failed: [] }),
          reportTo: orthancPeer,
        }),
        commitmentReports({
          async received(report) {
            reports.push(report);
          },
        }),
      ],
    });
    orthanc = await startOrthanc(path.join(root, 'orthanc'), {
      DicomModalities: { node: ['NODE', '127.0.0.1', server.port] },
    });
  });

  afterAll(async () => {
    await server.close(0);
    await orthanc.stop();
    await rm(root, { recursive: true, force: true });
  });

  const peer = () => ({
    host: '127.0.0.1',
    port: orthanc.dicomPort,
    calledAeTitle: 'ORTHANC',
    callingAeTitle: 'NODE',
  });
  const read = async (where: string) => fetch(`${orthanc.url}${where}`);
  const post = (where: string, body: unknown) =>
    fetch(`${orthanc.url}${where}`, { method: 'POST', body: JSON.stringify(body) });

  it('receives a series over several associations and holds the same bytes', async () => {
    const results = [];
    const files = instances.map(({ file }) => file);
    for await (const { result } of sendFiles(peer(), files)) results.push(result);
    expect(results).toEqual(instances.map(() => 'success'));
    const ids = (await (await read('/instances')).json()) as string[];
    expect(ids).toHaveLength(instances.length);
    const copy = path.join(root, 'copy.dcm');
    for (const id of ids) {
      await writeFile(copy, Buffer.from(await (await read(`/instances/${id}/file`)).arrayBuffer()));
      const { sopInstanceUid, dataSet } = await dataSetOf(copy);
      const sent = instances.find((instance) => instance.sopInstanceUid === sopInstanceUid);
      expect(dataSet.equals(sent!.dataSet)).toBe(true);
    }
  });

  it('pings us and sends back what it has, byte for byte', async () => {
    expect((await post('/modalities/node/echo', {})).status).toBe(200);
    const ids = (await (await read('/instances')).json()) as string[];
    const answer = await post('/modalities/node/store', { Resources: ids, Synchronous: true });
    expect(await answer.json()).toMatchObject({ FailedInstancesCount: 0, InstancesCount: instances.length });
    const files = (await readdir(received)).filter((name) => name.endsWith('.dcm'));
    expect(files).toHaveLength(instances.length);
    for (const { sopInstanceUid, dataSet } of instances) {
      const stored = await dataSetOf(path.join(received, `${sopInstanceUid}.dcm`));
      expect(stored.dataSet.equals(dataSet)).toBe(true);
      expect((await readFile(path.join(received, `${sopInstanceUid}.dcm`))).includes('ORTHANC')).toBe(true);
    }
  });

  it('is asked, and gives back by C-GET and C-MOVE, byte for byte', async () => {
    const folder = await mkdtemp(path.join(root, 'got-'));
    const receiver = await receiveToFolder(folder);
    const association = await associate(peer(), {
      ...getProposal(STUDY_ROOT.get, [
        ...storageContexts([CT]),
        serviceContext(STUDY_ROOT.find),
        serviceContext(STUDY_ROOT.move),
      ]),
      services: [storage({ open: () => receiver })],
    });
    const patients: unknown[] = [];
    for await (const match of find(association, { model: STUDY_ROOT.find, identifier: studyKeys })) {
      patients.push(readDataSet(match.identifier, match.transferSyntaxUid).text(PATIENT_ID));
    }
    expect(patients).toEqual(['T1']);
    const got = await get(association, { model: STUDY_ROOT.get, identifier: studyKeys }).outcome();
    expect(got).toMatchObject({ status: 0, completed: instances.length, failed: 0 });
    const moving = { model: STUDY_ROOT.move, destination: 'NODE', identifier: studyKeys };
    const moved = await move(association, moving).outcome();
    expect(moved).toMatchObject({ status: 0, failed: 0 });
    await association.release();
    for (const { sopInstanceUid, dataSet } of instances) {
      for (const where of [folder, received]) {
        const stored = await dataSetOf(path.join(where, `${sopInstanceUid}.dcm`));
        expect(stored.dataSet.equals(dataSet)).toBe(true);
      }
    }
  });

  it('asks us and has us send', async () => {
    const question = { Level: 'Study', Query: { StudyInstanceUID: '2.25.1001', PatientID: '' } };
    const answer = (await (await post('/modalities/node/query', question)).json()) as { ID: string };
    const matches = await (await read(`/queries/${answer.ID}/answers`)).json();
    expect(matches).toEqual(['0']);
    const retrieve = await post(`/queries/${answer.ID}/answers/0/retrieve`, {
      TargetAet: 'ORTHANC',
      Synchronous: true,
    });
    expect(retrieve.status).toBe(200);
  });

  it('commits to what it has, and asks us to', async () => {
    const association = await associate(peer(), { contexts: [serviceContext(STORAGE_COMMITMENT)] });
    const asked = [...instances.slice(0, 2), { sopClassUid: CT, sopInstanceUid: '2.25.404' }].map(
      ({ sopClassUid, sopInstanceUid }) => ({ sopClassUid, sopInstanceUid }),
    );
    const answer = await requestCommitment(association, { transactionUid: '2.25.77', instances: asked });
    expect(answer.status).toBe(0);
    await association.release();
    await expect
      .poll(() => reports, { timeout: 30_000 })
      .toMatchObject([
        {
          transactionUid: '2.25.77',
          committed: asked.slice(0, 2),
          failed: [{ ...asked[2], reason: 0x0112 }],
        },
      ]);

    const request = { DicomInstances: asked.map((entry) => [entry.sopClassUid, entry.sopInstanceUid]) };
    const transaction = (await (await post('/modalities/node/storage-commitment', request)).json()) as {
      ID: string;
    };
    const status = async () =>
      ((await (await read(`/storage-commitment/${transaction.ID}`)).json()) as { Status: string }).Status;
    await expect.poll(status, { timeout: 30_000 }).toBe('Success');
  });
});
