import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@photopeak/testing';
import dcmjsDimse from 'dcmjs-dimse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  associate,
  type DimseServer,
  ECHO_CONTEXT,
  echo,
  encodeDataSet,
  find,
  listen,
  nCreate,
  normalized,
  type Peer,
  PROCEDURE_STEP,
  query,
  readDataSet,
  receiveToFolder,
  retrieval,
  STUDY_ROOT,
  sendFiles,
  serviceContext,
  storage,
  storedFile,
  verification,
} from '../index.ts';
import { type WrittenInstance, writeInstances } from '../testing/instances.ts';

const { Client, Dataset, Server, Scp, log } = dcmjsDimse;
const { CEchoRequest, CFindRequest, CStoreRequest, CGetRequest, CMoveRequest, NCreateRequest } =
  dcmjsDimse.requests;
const { CEchoResponse, CFindResponse, CStoreResponse, NCreateResponse } = dcmjsDimse.responses;
const { PresentationContextResult, Status } = dcmjsDimse.constants;

const PATIENT_NAME = 0x00100010;
const patient = (name: string) => (syntax: string) =>
  encodeDataSet([{ tag: PATIENT_NAME, vr: 'PN', value: name }], syntax);

let root: string;
let instances: WrittenInstance[];

beforeAll(async () => {
  log.setLevel('silent');
  root = await mkdtemp(path.join(os.tmpdir(), 'dimse-dcmjs-'));
  instances = await writeInstances(root, 3, { first: 9000 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('dcmjs-dimse as provider', () => {
  let server: InstanceType<typeof Server>;
  let peer: Peer;
  const stored: string[] = [];

  class Provider extends Scp {
    override associationRequested(
      association: InstanceType<typeof dcmjsDimse.association.Association>,
    ): void {
      for (const { id } of association.getPresentationContexts()) {
        const context = association.getPresentationContext(id);
        context.setResult(PresentationContextResult.Accept, context.getTransferSyntaxUids()[0]!);
      }
      this.sendAssociationAccept();
    }
    override cEchoRequest(
      ...[request, callback]: Parameters<InstanceType<typeof Scp>['cEchoRequest']>
    ): void {
      const response = CEchoResponse.fromRequest(request);
      response.setStatus(Status.Success);
      callback(response);
    }
    override cFindRequest(
      ...[request, callback]: Parameters<InstanceType<typeof Scp>['cFindRequest']>
    ): void {
      const matches = ['One^Only', 'Two^Only'].map((PatientName) => {
        const pending = CFindResponse.fromRequest(request);
        pending.setDataset(new Dataset({ PatientName }));
        pending.setStatus(Status.Pending);
        return pending;
      });
      const last = CFindResponse.fromRequest(request);
      last.setStatus(Status.Success);
      callback([...matches, last]);
    }
    override cStoreRequest(
      ...[request, callback]: Parameters<InstanceType<typeof Scp>['cStoreRequest']>
    ): void {
      stored.push(request.getAffectedSopInstanceUid());
      const response = CStoreResponse.fromRequest(request);
      response.setStatus(Status.Success);
      callback(response);
    }
    override nCreateRequest(
      ...[request, callback]: Parameters<InstanceType<typeof Scp>['nCreateRequest']>
    ): void {
      const response = NCreateResponse.fromRequest(request);
      response.setStatus(Status.Success);
      callback(response);
    }
    override associationReleaseRequested(): void {
      this.sendAssociationReleaseResponse();
    }
  }

  beforeAll(async () => {
    const port = await freePort();
    server = new Server(Provider);
    server.listen(port);
    peer = { host: '127.0.0.1', port, calledAeTitle: 'PACS', callingAeTitle: 'NODE' };
  });
  afterAll(() => server.close());

  it('is pinged, asked, filled and told', async () => {
    const association = await associate(peer, {
      contexts: [ECHO_CONTEXT, serviceContext(STUDY_ROOT.find), serviceContext(PROCEDURE_STEP)],
    });
    expect(await echo(association)).toBe(0);
    const names: unknown[] = [];
    for await (const { identifier, transferSyntaxUid } of find(association, {
      model: STUDY_ROOT.find,
      identifier: patient('*'),
    })) {
      names.push(readDataSet(identifier, transferSyntaxUid).text(PATIENT_NAME));
    }
    expect(names).toEqual(['One^Only', 'Two^Only']);
    const step = { sopClassUid: PROCEDURE_STEP, sopInstanceUid: '2.25.3' };
    expect((await nCreate(association, step, patient('One^Only'))).status).toBe(0);
    await association.release();
    for await (const { result } of sendFiles(
      peer,
      instances.map(({ file }) => file),
    )) {
      expect(result).toBe('success');
    }
    expect(stored.sort()).toEqual(instances.map(({ sopInstanceUid }) => sopInstanceUid));
  });
});

describe('dcmjs-dimse as user', () => {
  let server: DimseServer;
  let received: string;
  let created: unknown[];

  beforeAll(async () => {
    received = await mkdtemp(path.join(root, 'received-'));
    created = [];
    const receiver = await receiveToFolder(received);
    server = await listen({
      aeTitles: ['NODE'],
      peers: 'any',
      port: 0,
      services: [
        verification(),
        storage({ open: () => receiver }),
        query({
          models: [STUDY_ROOT.find],
          find: () => ['One^Only', 'Two^Only'].map((name) => ({ identifier: patient(name) })),
        }),
        retrieval({
          models: [STUDY_ROOT],
          select: () => Promise.all(instances.map(({ file }) => storedFile(file))),
          destination: (calledAeTitle) => ({
            host: '127.0.0.1',
            port: server.port,
            calledAeTitle,
            callingAeTitle: 'NODE',
          }),
        }),
        normalized({
          name: 'procedure steps',
          abstractSyntaxes: [PROCEDURE_STEP],
          async create({ sopInstanceUid, dataSet, transferSyntaxUid }) {
            created.push([sopInstanceUid, readDataSet(dataSet!, transferSyntaxUid).text(PATIENT_NAME)]);
            return { status: 0 };
          },
        }),
      ],
    });
  });
  afterAll(() => server.close(0));

  /** Runs requests to the end of their association. */
  function send(client: InstanceType<typeof Client>): Promise<void> {
    return new Promise((resolve, reject) => {
      client.on('networkError', reject);
      client.on('closed', () => resolve());
      client.send('127.0.0.1', server.port, 'PEER', 'NODE', { associationLingerTimeout: 0 });
    });
  }

  it('pings, asks, stores, moves, fetches and creates', async () => {
    const statuses: [string, number][] = [];
    const names: unknown[] = [];
    const fetched: string[] = [];
    const client = new Client();
    const requests = {
      echo: new CEchoRequest(),
      find: CFindRequest.createStudyFindRequest({ PatientName: '*' }),
      store: new CStoreRequest(instances[0]!.file),
      move: CMoveRequest.createStudyMoveRequest('NODE', '2.25.1001'),
      get: CGetRequest.createStudyGetRequest('2.25.1001'),
      create: new NCreateRequest(PROCEDURE_STEP, '2.25.4'),
    };
    requests.create.setDataset(new Dataset({ PatientName: 'Three^Only' }));
    for (const [name, request] of Object.entries(requests)) {
      request.on('response', (response) => {
        if (response.getStatus() === Status.Pending) {
          if (name === 'find') names.push(response.getDataset()?.getElement('PatientName'));
        } else statuses.push([name, response.getStatus()]);
      });
      client.addRequest(request);
    }
    client.on('cStoreRequest', (request, callback) => {
      fetched.push(request.getAffectedSopInstanceUid());
      const response = CStoreResponse.fromRequest(request);
      response.setStatus(Status.Success);
      callback(response);
    });
    await send(client);
    expect(statuses).toEqual(Object.keys(requests).map((name) => [name, 0]));
    expect(names.map((name) => JSON.stringify(name))).toEqual([
      expect.stringContaining('One^Only'),
      expect.stringContaining('Two^Only'),
    ]);
    const uids = instances.map(({ sopInstanceUid }) => sopInstanceUid);
    expect(fetched.sort()).toEqual(uids);
    expect((await readdir(received)).filter((file) => file.endsWith('.dcm')).sort()).toEqual(
      uids.map((uid) => `${uid}.dcm`),
    );
    expect(created).toEqual([['2.25.4', 'Three^Only']]);
  });
});
