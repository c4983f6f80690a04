import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { associate, type DimseServer, listen, type Peer, type Service } from '../association/index.ts';
import { encodeDataSet, readDataSet } from '../data-set/index.ts';
import { receiveToFolder } from '../files/receive-to-folder.ts';
import { storedFile } from '../files/send-files.ts';
import { STATUS } from '../message/status.ts';
import { dataSetOf } from '../testing/folders.ts';
import { CT, type WrittenInstance, writeInstances } from '../testing/instances.ts';
import { MODALITY_WORKLIST, PATIENT_ROOT, STUDY_ROOT, TRANSFER_SYNTAX } from '../uids.ts';
import { serviceContext } from './contexts.ts';
import { find } from './find.ts';
import { getProposal, storageContexts } from './get-proposal.ts';
import { type IncomingQuery, query } from './query.ts';
import { refusal } from './refusal.ts';
import { type RetrievalReport, retrieval } from './retrieval.ts';
import { get, move } from './retrieve.ts';
import { storage } from './storage.ts';
import { ECHO_CONTEXT, echo, verification } from './verification.ts';

const PATIENT_ID = 0x00100020;
const keys = (value: string) => (syntax: string) =>
  encodeDataSet([{ tag: PATIENT_ID, vr: 'LO', value }], syntax);

let root: string;
let servers: DimseServer[];

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'dimse-retrieve-'));
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close(0)));
  await rm(root, { recursive: true, force: true });
});

async function serve(aeTitle: string, services: readonly Service[]): Promise<Peer> {
  const server = await listen({ aeTitles: [aeTitle], peers: 'any', port: 0, services });
  servers.push(server);
  return { host: '127.0.0.1', port: server.port, calledAeTitle: aeTitle, callingAeTitle: 'NODE' };
}

/** An archive that answers each query with so many patients, and notes what it was asked. */
async function archive(patients: number, asked: IncomingQuery[] = []) {
  return serve('ARCHIVE', [
    verification(),
    query({
      models: [STUDY_ROOT.find, PATIENT_ROOT.find, MODALITY_WORKLIST],
      async *find(request) {
        asked.push(request);
        const wanted = readDataSet(request.identifier, request.transferSyntaxUid).text(PATIENT_ID);
        if (wanted === 'ERROR') throw refusal(STATUS.dataSetDoesNotMatch, 'Not like this');
        if (wanted === 'BUG') throw new Error('a mistake in the archive');
        for (let n = 0; n < patients; n += 1) yield { identifier: keys(`P${n}`), ignoresKeys: n === 1 };
      },
    }),
  ]);
}

const queryContexts = [STUDY_ROOT.find, PATIENT_ROOT.find, MODALITY_WORKLIST].map(serviceContext);

describe('a query', () => {
  it.each([
    ['study root', STUDY_ROOT.find],
    ['patient root', PATIENT_ROOT.find],
    ['modality work list', MODALITY_WORKLIST],
  ])('by %s gives its matches as they come and ends with success', async (_name, model) => {
    const asked: IncomingQuery[] = [];
    const association = await associate(await archive(3, asked), { contexts: queryContexts });
    const running = find(association, { model, identifier: keys('*') });
    const found: [string | undefined, boolean][] = [];
    for await (const { identifier, transferSyntaxUid, ignoresKeys } of running) {
      found.push([readDataSet(identifier, transferSyntaxUid).text(PATIENT_ID), ignoresKeys]);
    }
    expect(found).toEqual([
      ['P0', false],
      ['P1', true],
      ['P2', false],
    ]);
    expect(await running.outcome()).toEqual({ status: 0, isCancelled: false });
    expect(asked).toMatchObject([{ model, association: { callingAeTitle: 'NODE' } }]);
    await association.release();
  });

  it('in implicit little endian, where the peer takes nothing else', async () => {
    const implicit = [TRANSFER_SYNTAX.implicitLittleEndian];
    const contexts = [{ abstractSyntax: STUDY_ROOT.find, transferSyntaxes: implicit }];
    const association = await associate(await archive(1), { contexts });
    for await (const match of find(association, { model: STUDY_ROOT.find, identifier: keys('*') })) {
      expect(match.transferSyntaxUid).toBe(TRANSFER_SYNTAX.implicitLittleEndian);
      expect(readDataSet(match.identifier, match.transferSyntaxUid).text(PATIENT_ID)).toBe('P0');
    }
    await association.release();
  });

  it('that is left early is cancelled, and the association goes on', async () => {
    const asked: IncomingQuery[] = [];
    const association = await associate(await archive(1e6, asked), {
      contexts: [...queryContexts, ECHO_CONTEXT],
    });
    let seen = 0;
    for await (const _ of find(association, { model: STUDY_ROOT.find, identifier: keys('*') })) {
      seen += 1;
      if (seen === 5) break;
    }
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(await echo(association)).toBe(0);
    await association.release();
  });

  it('ends as cancelled when its caller signals, after the matches on their way', async () => {
    const association = await associate(await archive(1e6), { contexts: queryContexts });
    const controller = new AbortController();
    const request = { model: STUDY_ROOT.find, identifier: keys('*'), signal: controller.signal };
    const running = find(association, request);
    let seen = 0;
    for await (const _ of running) {
      seen += 1;
      if (seen === 3) controller.abort();
    }
    expect(seen).toBeLessThan(1e6);
    expect(await running.outcome()).toEqual({ status: STATUS.cancel, isCancelled: true });
    await association.release();
  });

  it('waits for a slow reader instead of keeping all matches in memory', async () => {
    const given = { count: 0 };
    const peer = await serve('ARCHIVE', [
      query({
        models: [STUDY_ROOT.find],
        *find() {
          for (; given.count < 200_000; given.count += 1) yield { identifier: keys('X'.repeat(60)) };
        },
      }),
    ]);
    const association = await associate(peer, { contexts: queryContexts });
    let seen = 0;
    for await (const _ of find(association, { model: STUDY_ROOT.find, identifier: keys('*') })) {
      seen += 1;
      if (seen > 3) break;
      let before = -1;
      while (before !== given.count) {
        before = given.count;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(given.count).toBeLessThan(100_000);
    }
    await association.release();
  });

  it('does not hang when its reader first asks something else on the same association', async () => {
    const association = await associate(await archive(2000), {
      contexts: [...queryContexts, ECHO_CONTEXT],
    });
    let seen = 0;
    for await (const _ of find(association, { model: STUDY_ROOT.find, identifier: keys('*') })) {
      if (seen === 0) expect(await echo(association)).toBe(0);
      seen += 1;
    }
    expect(seen).toBe(2000);
    await association.release();
  });

  it('that the peer refuses throws with status and comment', async () => {
    const association = await associate(await archive(1), { contexts: queryContexts });
    const refused = find(association, { model: STUDY_ROOT.find, identifier: keys('ERROR') }).outcome();
    await expect(refused).rejects.toMatchObject({
      code: 'DIMSE_OPERATION_FAILED',
      status: 0xa900,
      found: expect.stringMatching(/Not like this/),
    });
    const failed = find(association, { model: STUDY_ROOT.find, identifier: keys('BUG') }).outcome();
    await expect(failed).rejects.toMatchObject({ code: 'DIMSE_OPERATION_FAILED', status: 0x0110 });
    await association.release();
  });

  it('under a model that was not accepted says so', async () => {
    const association = await associate(await archive(1), { contexts: [ECHO_CONTEXT] });
    const running = find(association, { model: STUDY_ROOT.find, identifier: keys('*') });
    await expect(running.outcome()).rejects.toMatchObject({ code: 'DIMSE_CONTEXT_NOT_ACCEPTED' });
    await association.release();
  });

  it('whose peer goes away throws', async () => {
    const peer = await archive(1e6);
    const association = await associate(peer, { contexts: queryContexts });
    const reading = (async () => {
      const server = servers.pop();
      for await (const _ of find(association, { model: STUDY_ROOT.find, identifier: keys('*') })) {
        if (server!.associations > 0) void server!.close(0);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/ABORTED|LOST/) });
  });
});

describe('a retrieval', () => {
  let instances: WrittenInstance[];
  let received: string;
  let reports: RetrievalReport[];

  beforeEach(async () => {
    instances = await writeInstances(await mkdtemp(path.join(root, 'archive-')), 6, { first: 100 });
    received = await mkdtemp(path.join(root, 'received-'));
    reports = [];
  });

  /** Gives all its instances; knows where to find itself and one workstation. */
  async function pacs(workstation?: Peer): Promise<Peer> {
    return serve('PACS', [
      verification(),
      retrieval({
        models: [STUDY_ROOT, PATIENT_ROOT],
        async select({ identifier, transferSyntaxUid }) {
          const wanted = readDataSet(identifier, transferSyntaxUid).text(PATIENT_ID);
          if (wanted === 'NOBODY') return [];
          if (wanted === 'ERROR') throw refusal(STATUS.cannotCount, 'Too many');
          return Promise.all(instances.map(({ file }) => storedFile(file)));
        },
        destination: (aeTitle) => (aeTitle === 'WORKSTATION' ? workstation : undefined),
        onReport: (report) => reports.push(report),
      }),
    ]);
  }

  async function stored(): Promise<string[]> {
    return (await readdir(received)).filter((name) => name.endsWith('.dcm')).sort();
  }

  async function expectAllReceived(): Promise<void> {
    expect(await stored()).toEqual(instances.map(({ sopInstanceUid }) => `${sopInstanceUid}.dcm`));
    for (const { sopInstanceUid, dataSet } of instances) {
      const copy = await dataSetOf(path.join(received, `${sopInstanceUid}.dcm`));
      expect(copy.dataSet.equals(dataSet)).toBe(true);
    }
  }

  const proposal = (model: string) => getProposal(model, storageContexts([CT]));

  it.each([
    ['study root', STUDY_ROOT],
    ['patient root', PATIENT_ROOT],
  ])('by C-GET under %s comes back on the same association, byte for byte', async (_name, model) => {
    const receiver = await receiveToFolder(received);
    const association = await associate(await pacs(), {
      ...proposal(model.get),
      services: [storage({ open: () => receiver })],
    });
    const running = get(association, { model: model.get, identifier: keys('*') });
    const progress: number[] = [];
    for await (const { completed, remaining } of running) {
      expect(completed + remaining!).toBe(6);
      progress.push(completed);
    }
    expect(progress).toEqual([1, 2, 3, 4, 5]);
    expect(await running.outcome()).toEqual({
      status: 0,
      isCancelled: false,
      remaining: undefined,
      completed: 6,
      failed: 0,
      warning: 0,
      comment: undefined,
      failedSopInstanceUids: [],
    });
    await association.release();
    await expectAllReceived();
    expect(reports).toMatchObject([{ status: 0, completed: 6, failed: [], destination: undefined }]);
  });

  it('by C-GET names each instance that the receiver refused', async () => {
    const association = await associate(await pacs(), {
      ...proposal(STUDY_ROOT.get),
      services: [
        storage({
          open: () => ({
            store: async ({ sopInstanceUid }) => ({
              status: sopInstanceUid === '2.25.102' ? 0xa700 : 0xb000,
            }),
          }),
        }),
      ],
    });
    const outcome = await get(association, { model: STUDY_ROOT.get, identifier: keys('*') }).outcome();
    expect(outcome).toMatchObject({ status: 0xb000, completed: 0, failed: 1, warning: 5 });
    expect(outcome.failedSopInstanceUids).toEqual(['2.25.102']);
    await association.release();
  });

  it('by C-GET fails where this side did not take the role of a receiver', async () => {
    const association = await associate(await pacs(), {
      contexts: [serviceContext(STUDY_ROOT.get), ...storageContexts([CT])],
    });
    const outcome = await get(association, { model: STUDY_ROOT.get, identifier: keys('*') }).outcome();
    expect(outcome).toMatchObject({ completed: 0, failed: 6 });
    expect(reports[0]?.failed[0]?.reason).toMatch(/role/);
    await association.release();
  });

  it('by C-GET can be cancelled in the middle', async () => {
    const receiver = await receiveToFolder(received);
    const association = await associate(await pacs(), {
      ...proposal(STUDY_ROOT.get),
      services: [storage({ open: () => receiver })],
    });
    const controller = new AbortController();
    const running = get(association, {
      model: STUDY_ROOT.get,
      identifier: keys('*'),
      signal: controller.signal,
    });
    for await (const _ of running) controller.abort();
    const outcome = await running.outcome();
    expect(outcome).toMatchObject({ status: STATUS.cancel, isCancelled: true });
    expect(outcome.completed + outcome.remaining!).toBe(6);
    expect(await stored()).toHaveLength(outcome.completed);
    await association.release();
  });

  it('by C-MOVE arrives at the destination, which learns who asked for it', async () => {
    const receiver = await receiveToFolder(received);
    const originators: unknown[] = [];
    const open = () => ({
      ...receiver,
      store: (request: Parameters<typeof receiver.store>[0]) => {
        originators.push([request.association.callingAeTitle, request.moveOriginatorAeTitle]);
        return receiver.store(request);
      },
    });
    const workstation = await serve('WORKSTATION', [storage({ open })]);
    const association = await associate(await pacs({ ...workstation, callingAeTitle: 'PACS' }), {
      contexts: [serviceContext(STUDY_ROOT.move)],
    });
    const request = { model: STUDY_ROOT.move, destination: 'WORKSTATION', identifier: keys('*') };
    const running = move(association, request);
    const progress: number[] = [];
    for await (const { completed } of running) progress.push(completed);
    expect(progress).toEqual([1, 2, 3, 4, 5]);
    expect(await running.outcome()).toMatchObject({ status: 0, completed: 6, failed: 0 });
    await association.release();
    await expectAllReceived();
    expect(originators).toEqual(Array(6).fill(['PACS', 'NODE']));
  });

  it('by C-MOVE to nowhere fails with the reason', async () => {
    const peer = await pacs({ host: '127.0.0.1', port: 1, calledAeTitle: 'GONE', callingAeTitle: 'PACS' });
    const association = await associate(peer, { contexts: [serviceContext(STUDY_ROOT.move)] });
    const to = (destination: string, id = '*') =>
      move(association, { model: STUDY_ROOT.move, destination, identifier: keys(id) }).outcome();
    await expect(to('STRANGER')).rejects.toMatchObject({ status: 0xa801 });
    await expect(to('WORKSTATION')).rejects.toMatchObject({
      status: 0xa702,
      message: expect.stringMatching(/0 completed, 6 failed/),
    });
    await expect(to('WORKSTATION', 'ERROR')).rejects.toMatchObject({ status: 0xa701 });
    expect(await to('WORKSTATION', 'NOBODY')).toMatchObject({ status: 0, completed: 0 });
    await association.release();
  });

  it('gives another syntax only where the receiver takes no original, and says what it cannot give', async () => {
    const implicit = TRANSFER_SYNTAX.implicitLittleEndian;
    const syntaxes: string[] = [];
    const open = () => ({
      store: async ({ transferSyntaxUid }: { readonly transferSyntaxUid: string }) => {
        syntaxes.push(transferSyntaxUid);
        return { status: 0 };
      },
    });
    const workstation = await serve('WORKSTATION', [
      storage({ open, acceptTransferSyntax: (uid) => uid === implicit }),
    ]);
    const [original] = instances;
    const bytes = await readFile(original!.file);
    const peer = await serve('PACS', [
      retrieval({
        models: [STUDY_ROOT],
        select: async () => [
          await storedFile(original!.file),
          await storedFile(original!.file, {
            syntaxes: () => [implicit],
            convert: async () => ({
              size: bytes.length,
              read: async ([target]) => ({ bytes: bytes.copy(target!, 0, 0, 2), isLast: true }),
            }),
          }),
        ],
        destination: () => ({ ...workstation, callingAeTitle: 'PACS' }),
        onReport: (report) => reports.push(report),
      }),
    ]);
    const association = await associate(peer, { contexts: [serviceContext(STUDY_ROOT.move)] });
    const request = { model: STUDY_ROOT.move, destination: 'WORKSTATION', identifier: keys('*') };
    const outcome = await move(association, request).outcome();
    expect(outcome).toMatchObject({ completed: 1, failed: 1, status: 0xb000 });
    expect(syntaxes).toEqual([implicit]);
    expect(reports[0]?.failed[0]?.reason).toBe('DIMSE_CONTEXT_NOT_ACCEPTED');
    await association.release();
  });
});
