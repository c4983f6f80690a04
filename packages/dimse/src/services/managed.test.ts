import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { associate, type DimseServer, listen, type Peer, type Service } from '../association/index.ts';
import { encodeDataSet, readDataSet } from '../data-set/index.ts';
import { INSTANCE_AVAILABILITY, PROCEDURE_STEP, STORAGE_COMMITMENT, UPS } from '../uids.ts';
import { type AvailabilityNotice, availabilityNotices, notifyAvailability } from './availability.ts';
import {
  COMMITMENT_FAILURE,
  type CommitmentReport,
  commitment,
  commitmentReports,
  requestCommitment,
} from './commitment.ts';
import { serviceContext } from './contexts.ts';
import { type NormalizedRequest, normalized } from './normalized.ts';
import { nAction, nCreate, nDelete, nEventReport, nGet, nSet } from './normalized-user.ts';
import {
  createProcedureStep,
  type ProcedureStepStatus,
  procedureSteps,
  setProcedureStep,
} from './procedure-step.ts';
import { refusal } from './refusal.ts';
import {
  actOnWorkItem,
  createWorkItem,
  getWorkItem,
  reportWorkItemEvent,
  updateWorkItem,
  type WorkItemAction,
  type WorkItemEventMessage,
  workItemEvents,
  workItems,
} from './work-item.ts';

let servers: DimseServer[];
let problems: unknown[];
beforeEach(() => {
  servers = [];
  problems = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close(0)));
});

async function serve(aeTitle: string, ...services: readonly Service[]): Promise<Peer> {
  const onEvent = (event: { readonly kind: string }) => event.kind === 'problem' && problems.push(event);
  const server = await listen({ aeTitles: [aeTitle], peers: 'any', port: 0, services, onEvent });
  servers.push(server);
  return { host: '127.0.0.1', port: server.port, calledAeTitle: aeTitle, callingAeTitle: 'NODE' };
}

const open = (peer: Peer, ...classes: readonly string[]) =>
  associate(peer, { contexts: classes.map(serviceContext) });

const LABEL = 0x00741204;
const label = (value: string) => (syntax: string) => encodeDataSet([{ tag: LABEL, vr: 'LO', value }], syntax);
const labelOf = (dataSet: Buffer | undefined, syntax: string) =>
  dataSet === undefined ? undefined : readDataSet(dataSet, syntax).text(LABEL);

const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 30_000 });

describe('N-services', () => {
  const CLASS = '1.2.840.10008.5.1.1.1';

  it('carry their attributes, types and answers in both directions', async () => {
    const seen: [string, Partial<NormalizedRequest>][] = [];
    const note = (name: string) => async (request: NormalizedRequest) => {
      const { sopClassUid, sopInstanceUid, attributes, actionTypeId, eventTypeId } = request;
      const { dataSet, transferSyntaxUid } = request;
      seen.push([name, { sopClassUid, sopInstanceUid, attributes, actionTypeId, eventTypeId }]);
      return {
        status: 0,
        dataSet: label(`${name} ${labelOf(dataSet, transferSyntaxUid) ?? ''}`),
        ...(sopInstanceUid === undefined ? { sopInstanceUid: '2.25.99' } : {}),
      };
    };
    const handlers = {
      create: note('create'),
      set: note('set'),
      get: note('get'),
      action: note('action'),
      delete: note('delete'),
      eventReport: note('eventReport'),
    };
    const peer = await serve('MANAGER', normalized({ name: 'test', abstractSyntaxes: [CLASS], ...handlers }));
    const association = await open(peer, CLASS);
    const managed = { sopClassUid: CLASS, sopInstanceUid: '2.25.7' };
    const answers = [
      await nCreate(association, { sopClassUid: CLASS }, label('a')),
      await nCreate(association, managed),
      await nSet(association, managed, label('b')),
      await nGet(association, managed, [0x00100020, LABEL]),
      await nAction(association, managed, 7, label('c')),
      await nDelete(association, managed),
      await nEventReport(association, managed, 3, label('d')),
    ];
    expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(0));
    expect(answers[0]?.sopInstanceUid).toBe('2.25.99');
    expect(answers.map(({ dataSet, transferSyntaxUid }) => labelOf(dataSet, transferSyntaxUid))).toEqual([
      'create a',
      'create',
      'set b',
      'get',
      'action c',
      'delete',
      'eventReport d',
    ]);
    expect(seen[0]?.[1].sopInstanceUid).toBeUndefined();
    expect(seen[3]).toMatchObject(['get', { ...managed, attributes: [0x00100020, LABEL] }]);
    expect(seen[4]?.[1].actionTypeId).toBe(7);
    expect(seen[6]?.[1].eventTypeId).toBe(3);
    await association.release();
  });

  it('answer a refusal with its status, and what nobody serves with 0211', async () => {
    const service = normalized({
      name: 'test',
      abstractSyntaxes: [CLASS],
      get: () => Promise.reject(refusal(0x0112, 'Not here')),
    });
    const association = await open(await serve('MANAGER', service), CLASS);
    const managed = { sopClassUid: CLASS, sopInstanceUid: '2.25.7' };
    expect(await nGet(association, managed)).toMatchObject({ status: 0x0112, comment: 'Not here' });
    expect(await nDelete(association, managed)).toMatchObject({ status: 0x0211 });
    expect(await nGet(association, { ...managed, sopInstanceUid: 'x' })).toMatchObject({ status: 0x0117 });
    await association.release();
  });
});

describe('storage commitment', () => {
  const CT = '1.2.840.10008.5.1.4.1.1.2';
  const instances = ['2.25.1', '2.25.2'].map((sopInstanceUid) => ({ sopClassUid: CT, sopInstanceUid }));
  const failed = [{ ...instances[1]!, reason: COMMITMENT_FAILURE.noSuchInstance }];
  let reports: CommitmentReport[];
  beforeEach(() => {
    reports = [];
  });

  const reportService = () =>
    commitmentReports({
      async received(report) {
        reports.push(report);
      },
    });
  const check = async () => ({ committed: [instances[0]!], failed });
  const expected = { transactionUid: '2.25.1000', committed: [instances[0]], failed };

  it('reports on the association that asked', async () => {
    const peer = await serve('PACS', commitment({ check }));
    const association = await associate(peer, {
      contexts: [serviceContext(STORAGE_COMMITMENT)],
      services: [reportService()],
    });
    const answer = await requestCommitment(association, { transactionUid: '2.25.1000', instances });
    expect(answer.status).toBe(0);
    await eventually(() => reports).toEqual([expected]);
    await association.release();
  });

  it('reports on an association of its own, in the role of the provider', async () => {
    const node = await serve('NODE', reportService());
    const peer = await serve(
      'PACS',
      commitment({ check, reportTo: () => ({ ...node, callingAeTitle: 'PACS' }) }),
    );
    const association = await open(peer, STORAGE_COMMITMENT);
    await requestCommitment(association, { transactionUid: '2.25.1000', instances });
    await association.release();
    await eventually(() => reports).toEqual([expected]);
    expect(problems).toEqual([]);
  });

  it('keeps a request before it is acknowledged, and lets somebody else report later', async () => {
    const kept: string[] = [];
    const taken: string[] = [];
    const service = commitment({
      check,
      async accept({ transactionUid }) {
        if (transactionUid === '2.25.9') throw refusal(0x0213, 'Not now');
        kept.push(transactionUid);
      },
      isForLater: () => kept.length === 1,
      async reported({ transactionUid }) {
        taken.push(transactionUid);
      },
    });
    const association = await associate(await serve('PACS', service), {
      contexts: [serviceContext(STORAGE_COMMITMENT)],
      services: [reportService()],
    });
    const ask = (transactionUid: string) => requestCommitment(association, { transactionUid, instances });
    expect(await ask('2.25.9')).toMatchObject({ status: 0x0213, comment: 'Not now' });
    expect(await ask('2.25.1001')).toMatchObject({ status: 0 });
    expect(await ask('2.25.1000')).toMatchObject({ status: 0 });
    await eventually(() => taken).toEqual(['2.25.1000']);
    expect(reports).toEqual([expected]);
    expect(kept).toEqual(['2.25.1001', '2.25.1000']);
    await association.release();
  });

  it('tells of a report that could not be delivered', async () => {
    const gone = { host: '127.0.0.1', port: 1, calledAeTitle: 'NODE', callingAeTitle: 'PACS' };
    const peer = await serve('PACS', commitment({ check, reportTo: () => gone }));
    const association = await open(peer, STORAGE_COMMITMENT);
    const answer = await requestCommitment(association, { transactionUid: '2.25.1000', instances });
    expect(answer.status).toBe(0);
    await association.release();
    await eventually(() => problems).toMatchObject([{ error: { code: 'DIMSE_CONNECT_FAILED' } }]);
  });

  it('refuses a request without instances', async () => {
    const association = await open(await serve('PACS', commitment({ check })), STORAGE_COMMITMENT);
    const answer = await requestCommitment(association, { transactionUid: '2.25.1000', instances: [] });
    expect(answer).toMatchObject({ status: 0x0120, comment: 'No referenced instances' });
    await association.release();
  });
});

describe('a modality tells of its procedure steps', () => {
  const STEP_STATUS = 0x00400252;
  const status = (value: string) => (syntax: string) =>
    encodeDataSet([{ tag: STEP_STATUS, vr: 'CS', value }], syntax);

  it('in their order only: begun once, changed until they end', async () => {
    const known = new Map<string, ProcedureStepStatus>();
    const service = procedureSteps({
      statusOf: async (uid) => known.get(uid),
      async created({ sopInstanceUid, status }) {
        known.set(sopInstanceUid, status!);
      },
      async changed({ sopInstanceUid, status }) {
        if (status !== undefined) known.set(sopInstanceUid, status);
      },
    });
    const association = await open(await serve('NODE', service), PROCEDURE_STEP);
    const create = async (uid: string, value: string) =>
      (await createProcedureStep(association, uid, status(value))).status;
    const set = (uid: string, value: string) => setProcedureStep(association, uid, status(value));
    expect(await create('2.25.1', 'COMPLETED')).toBe(0x0106);
    expect(await create('2.25.1', 'NONSENSE')).toBe(0x0106);
    expect((await set('2.25.1', 'COMPLETED')).status).toBe(0x0112);
    expect(await create('2.25.1', 'IN PROGRESS')).toBe(0);
    expect(await create('2.25.1', 'IN PROGRESS')).toBe(0x0111);
    expect((await setProcedureStep(association, '2.25.1', label('more'))).status).toBe(0);
    expect(known.get('2.25.1')).toBe('IN PROGRESS');
    expect((await set('2.25.1', 'COMPLETED')).status).toBe(0);
    expect(await set('2.25.1', 'DISCONTINUED')).toMatchObject({ status: 0x0110, errorId: 0xa710 });
    expect(await create('2.25.2', 'IN PROGRESS')).toBe(0);
    expect((await set('2.25.2', 'DISCONTINUED')).status).toBe(0);
    expect([...known.values()]).toEqual(['COMPLETED', 'DISCONTINUED']);
    await association.release();
  });
});

describe('an archive tells which instances can be had', () => {
  it('by study, series and instance', async () => {
    const notices: AvailabilityNotice[] = [];
    const service = availabilityNotices({
      async received(notice) {
        notices.push(notice);
      },
    });
    const association = await open(await serve('NODE', service), INSTANCE_AVAILABILITY);
    const notice: AvailabilityNotice = {
      studyInstanceUid: '2.25.10',
      procedureSteps: [{ sopClassUid: PROCEDURE_STEP, sopInstanceUid: '2.25.11' }],
      series: [
        {
          seriesInstanceUid: '2.25.12',
          instances: [
            {
              sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
              sopInstanceUid: '2.25.13',
              availability: 'ONLINE',
              retrieveAeTitle: 'PACS',
            },
          ],
        },
      ],
    };
    expect((await notifyAvailability(association, '2.25.14', notice)).status).toBe(0);
    expect(notices).toEqual([notice]);
    await association.release();
  });
});

describe('work items', () => {
  it('are pushed, read, claimed, changed, watched and cancelled under their own classes', async () => {
    const log: unknown[] = [];
    const done = (...entry: unknown[]) => {
      log.push(entry);
      return Promise.resolve({ status: 0 });
    };
    const service = workItems({
      create: ({ sopInstanceUid, abstractSyntax }) => done('create', sopInstanceUid, abstractSyntax),
      set: ({ sopClassUid, abstractSyntax }) => done('set', sopClassUid, abstractSyntax),
      get: ({ attributes }) => done('get', attributes),
      action: ({ abstractSyntax }, action) => done(action, abstractSyntax),
    });
    const association = await open(await serve('MANAGER', service), UPS.push, UPS.pull, UPS.watch);
    const uid = '2.25.5';
    const actions: WorkItemAction[] = [
      { kind: 'change-state', state: 'IN PROGRESS', transactionUid: '2.25.6' },
      { kind: 'subscribe', receivingAeTitle: 'WATCHER', deletionLock: true },
      { kind: 'unsubscribe', receivingAeTitle: 'WATCHER' },
      { kind: 'suspend-global-subscription', receivingAeTitle: 'WATCHER' },
      { kind: 'request-cancel' },
    ];
    await createWorkItem(association, uid, label('new'));
    await getWorkItem(association, uid, [LABEL]);
    await updateWorkItem(association, uid, label('more'));
    for (const action of actions) expect((await actOnWorkItem(association, uid, action)).status).toBe(0);
    expect(log).toEqual([
      ['create', uid, UPS.push],
      ['get', [LABEL]],
      ['set', UPS.push, UPS.pull],
      ...actions.map((action) => [action, action.kind === 'change-state' ? UPS.pull : UPS.watch]),
    ]);
    const unknown = await nAction(
      association,
      { sopClassUid: UPS.push, sopInstanceUid: uid, abstractSyntax: UPS.pull },
      9,
    );
    expect(unknown.status).toBe(0x0123);
    await association.release();
  });

  it('are reported to who watches them', async () => {
    const messages: WorkItemEventMessage[] = [];
    const watcher = await serve(
      'WATCHER',
      workItemEvents({
        async received(message) {
          messages.push(message);
        },
      }),
    );
    const association = await associate(watcher, {
      contexts: [serviceContext(UPS.event)],
      roles: [{ sopClassUid: UPS.event, scu: false, scp: true }],
    });
    expect(association.info.roles).toEqual([{ sopClassUid: UPS.event, scu: false, scp: true }]);
    const answer = await reportWorkItemEvent(association, '2.25.5', 'state-report', label('x'));
    expect(answer.status).toBe(0);
    expect(messages).toMatchObject([{ sopInstanceUid: '2.25.5', event: 'state-report' }]);
    await association.release();
  });
});
