import {
  type DicomJson,
  fromDicomJson,
  parseDataset,
  toDicomJson,
  uidFrom,
  writeDataset,
} from '@photopeak/dicom';
import {
  actOnWorkItem,
  associate,
  createWorkItem,
  type DimseServer,
  find,
  getWorkItem,
  listen,
  type NormalizedResponse,
  nAction,
  type RequestedAssociation,
  serviceContext,
  UPS,
  UPS_FILTERED_SUBSCRIPTION,
  UPS_GLOBAL_SUBSCRIPTION,
  updateWorkItem,
  workItemEvents,
} from '@photopeak/dimse';
import { freePort } from '@photopeak/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorization, jsonOf, TOKENS } from '../../api/dicomweb/test-kit.ts';
import type { RunningNode } from '../../node/index.ts';
import { eventually, startTestNode, temporaryFolder } from '../../testing/node.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let node: RunningNode;
let watcherPort: number;
let planner: RequestedAssociation;

beforeAll(async () => {
  folder = await temporaryFolder('ups-dimse');
  watcherPort = await freePort();
  node = await startTestNode(
    `${folder.path}/data`,
    `
workflow: { workers: 0 }
sources:
  - { kind: dimse, name: planner, aeTitle: PLANNER, may: [work-items] }
  - { kind: dimse, name: scanner, aeTitle: SCANNER }
destinations:
  - { kind: dimse, name: watcher, aeTitle: WATCHER, host: 127.0.0.1, port: ${watcherPort} }
${TOKENS}`,
  );
  planner = await open('PLANNER');
});
afterAll(async () => {
  await planner?.release();
  await node?.close();
  await folder?.remove();
});

function open(callingAeTitle: string): Promise<RequestedAssociation> {
  const peer = { host: '127.0.0.1', port: node.dicom!.port, calledAeTitle: 'PHOTOPEAK', callingAeTitle };
  const contexts = [UPS.push, UPS.pull, UPS.watch, UPS.query].map(serviceContext);
  return associate(peer, { contexts });
}
const encode = (json: DicomJson) => (transferSyntaxUid: string) =>
  writeDataset(fromDicomJson(json), { transferSyntaxUid });
const decode = (bytes: Uint8Array | undefined, transferSyntaxUid: string): DicomJson =>
  toDicomJson(parseDataset(bytes!, { transferSyntaxUid }).dataset);
const status = (response: NormalizedResponse) => response.status.toString(16);

const code = (value: string, meaning: string) => ({
  '00080100': { vr: 'SH', Value: [value] },
  '00080102': { vr: 'SH', Value: ['DCM'] },
  '00080104': { vr: 'LO', Value: [meaning] },
});
const newItem = (changes: DicomJson = {}): DicomJson => ({
  '00741000': { vr: 'CS', Value: ['SCHEDULED'] },
  '00741200': { vr: 'CS', Value: ['HIGH'] },
  '00741204': { vr: 'LO', Value: ['Segment the liver'] },
  '00404041': { vr: 'CS', Value: ['READY'] },
  '00404018': { vr: 'SQ', Value: [code('110001', 'Image Processing')] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Müller^Jörg' }] },
  '00100020': { vr: 'LO', Value: ['P-7'] },
  ...changes,
});
const performed: DicomJson = {
  '00741216': {
    vr: 'SQ',
    Value: [
      {
        '00404028': { vr: 'SQ', Value: [code('OUT', 'Outside')] },
        '00404050': { vr: 'DT', Value: ['20261123120100+0000'] },
        '00404051': { vr: 'DT', Value: ['20261123120200+0000'] },
        '00404019': { vr: 'SQ', Value: [code('110001', 'Image Processing')] },
        '00404033': { vr: 'SQ' },
      },
    ],
  },
};
const transaction = (uid: string): DicomJson => ({ '00081195': { vr: 'UI', Value: [uid] } });

async function web(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${node.url}/dicom-web/workitems${path}`, {
    method,
    headers: { ...authorization, 'Content-Type': 'application/dicom+json', Accept: 'application/dicom+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function found(keys: DicomJson, model: string = UPS.query): Promise<DicomJson[]> {
  const items: DicomJson[] = [];
  for await (const match of find(planner, { model, identifier: encode(keys) }))
    items.push(decode(match.identifier, match.transferSyntaxUid));
  return items;
}

const change = (
  association: RequestedAssociation,
  uid: string,
  state: 'IN PROGRESS' | 'COMPLETED' | 'CANCELED' | 'SCHEDULED',
  transactionUid: string,
) => actOnWorkItem(association, uid, { kind: 'change-state', state, transactionUid });

describe('a planning system works on the work list by DIMSE', () => {
  it('creates, finds, claims, updates and completes an item; UPS-RS shows the same item', async () => {
    const uid = uidFrom('dimse item');
    expect(status(await createWorkItem(planner, uid, encode(newItem())))).toBe('b300');
    expect(status(await createWorkItem(planner, uid, encode(newItem())))).toBe('111');
    const [shown] = (await jsonOf(await web('GET', `/${uid}`))) as DicomJson[];
    expect(shown!['00100010']!.Value).toEqual([{ Alphabetic: 'Müller^Jörg' }]);

    const [match] = await found({
      '00741000': { vr: 'CS', Value: ['SCHEDULED'] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'müller*' }] },
      '00404018': { vr: 'SQ', Value: [{ '00080100': { vr: 'SH', Value: ['110001'] } }] },
      '00741204': { vr: 'LO' },
      '00081195': { vr: 'UI' },
    });
    expect(match).toMatchObject({
      '00080018': { Value: [uid] },
      '00741204': { Value: ['Segment the liver'] },
      '00404018': { Value: [{ '00080100': { Value: ['110001'] } }] },
    });
    expect(match).not.toHaveProperty('00081195');
    expect(match).not.toHaveProperty('00100020');
    expect(
      await found(
        { '00404018': { vr: 'SQ', Value: [{ '00080100': { vr: 'SH', Value: ['1'] } }] } },
        UPS.pull,
      ),
    ).toEqual([]);

    const mine = uidFrom('my transaction');
    expect(status(await change(planner, uid, 'COMPLETED', mine))).toBe('c310');
    expect(status(await change(planner, uid, 'SCHEDULED', mine))).toBe('c303');
    expect(status(await change(planner, uid, 'IN PROGRESS', mine))).toBe('0');
    expect(status(await change(planner, uid, 'IN PROGRESS', mine))).toBe('c302');
    expect(status(await change(planner, uid, 'COMPLETED', uidFrom('another')))).toBe('c301');
    expect(status(await change(planner, uid, 'COMPLETED', mine))).toBe('c304');
    expect(status(await updateWorkItem(planner, uid, encode(performed)))).toBe('c301');
    expect(
      status(
        await updateWorkItem(
          planner,
          uid,
          encode({ ...transaction(mine), '00100020': { vr: 'LO', Value: ['X'] } }),
        ),
      ),
    ).toBe('106');
    expect(status(await updateWorkItem(planner, uid, encode({ ...transaction(mine), ...performed })))).toBe(
      '0',
    );
    expect(status(await change(planner, uid, 'COMPLETED', mine))).toBe('0');
    expect(status(await change(planner, uid, 'COMPLETED', mine))).toBe('b306');
    expect(status(await change(planner, uid, 'CANCELED', mine))).toBe('c300');
    expect(status(await updateWorkItem(planner, uid, encode({ ...transaction(mine), ...performed })))).toBe(
      'c300',
    );
    expect(status(await actOnWorkItem(planner, uid, { kind: 'request-cancel' }))).toBe('c311');

    const whole = await getWorkItem(planner, uid);
    const attributes = decode(whole.dataSet, whole.transferSyntaxUid);
    expect([whole.status, attributes['00741000']!.Value]).toEqual([0, ['COMPLETED']]);
    expect(attributes).not.toHaveProperty('00081195');
    const some = await getWorkItem(planner, uid, [0x00741000, 0x00081195]);
    expect(some.status).toBe(1);
    expect(
      Object.keys(decode(some.dataSet, some.transferSyntaxUid)).filter((tag) => tag !== '00080005'),
    ).toEqual(['00741000']);
    const { rows } = await sql<{ actor: string }>`
      select entry::json->>'actor' as actor from audit where entry::json->>'subject' = ${`work-item:${uid}`}
      order by sequence`.execute(node.context.db);
    expect(rows.map(({ actor }) => actor)).toEqual(Array(4).fill('ae:PLANNER'));
  });

  it('is told what is wrong by the statuses of PS3.4', async () => {
    const nowhere = uidFrom('no such item');
    expect(
      status(
        await createWorkItem(
          planner,
          nowhere,
          encode(newItem({ '00741000': { vr: 'CS', Value: ['IN PROGRESS'] } })),
        ),
      ),
    ).toBe('c309');
    expect(
      status(
        await createWorkItem(
          planner,
          nowhere,
          encode(newItem({ '00741200': { vr: 'CS', Value: ['STAT'] } })),
        ),
      ),
    ).toBe('106');
    expect(status(await createWorkItem(planner, nowhere, () => Buffer.from('not a data set')))).toMatch(/^c/);
    expect(status(await getWorkItem(planner, nowhere))).toBe('c307');
    expect(status(await updateWorkItem(planner, nowhere, encode(performed)))).toBe('c307');
    expect(status(await change(planner, nowhere, 'IN PROGRESS', nowhere))).toBe('c307');
    expect(status(await actOnWorkItem(planner, nowhere, { kind: 'request-cancel' }))).toBe('c307');
    const subscribe = (receivingAeTitle: string, uid: string) =>
      actOnWorkItem(planner, uid, { kind: 'subscribe', receivingAeTitle, deletionLock: false });
    expect(status(await subscribe('NOBODY', UPS_GLOBAL_SUBSCRIPTION))).toBe('c308');
    expect(status(await subscribe('WATCHER', nowhere))).toBe('c307');
    expect(
      status(
        await actOnWorkItem(planner, nowhere, {
          kind: 'suspend-global-subscription',
          receivingAeTitle: 'WATCHER',
        }),
      ),
    ).toBe('c314');
    await expect(
      found({ '00741000': { vr: 'CS', Value: Array(300).fill('A'.repeat(10)) } }),
    ).rejects.toMatchObject({ status: 0xa900 });
  });

  it('an item of UPS-RS is claimed by DIMSE, and one of DIMSE cancelled by UPS-RS', async () => {
    const created = await web('POST', '', newItem());
    const uid = created.headers.get('location')!.split('/').at(-1)!;
    const mine = uidFrom('claimed by dimse');
    expect(status(await change(planner, uid, 'IN PROGRESS', mine))).toBe('0');
    expect(
      (
        await web('PUT', `/${uid}/state`, {
          '00741000': { vr: 'CS', Value: ['IN PROGRESS'] },
          ...transaction(mine),
        })
      ).status,
    ).toBe(409);
    const other = uidFrom('cancelled by web');
    await createWorkItem(planner, other, encode(newItem()));
    expect((await web('POST', `/${other}/cancelrequest`)).status).toBe(202);
    expect(status(await actOnWorkItem(planner, other, { kind: 'request-cancel' }))).toBe('b304');
    const [item] = await found(
      { '00080018': { vr: 'UI', Value: [other] }, '00741000': { vr: 'CS' } },
      UPS.watch,
    );
    expect(item!['00741000']!.Value).toEqual(['CANCELED']);
  });

  it('a scanner that may only store is refused', async () => {
    const scanner = await open('SCANNER');
    expect(status(await createWorkItem(scanner, uidFrom('foreign'), encode(newItem())))).toBe('124');
    expect(status(await getWorkItem(scanner, uidFrom('dimse item')))).toBe('124');
    const asking = find(scanner, { model: UPS.query, identifier: encode({ '00741000': { vr: 'CS' } }) });
    await expect(asking.outcome()).rejects.toMatchObject({ status: 0x0124 });
    await scanner.release();
  });
});

describe('a watcher hears of work items by N-EVENT-REPORT', () => {
  const heard: string[] = [];
  let watcher: DimseServer | undefined;
  let refuses = false;

  const startWatcher = () =>
    listen({
      aeTitles: ['WATCHER'],
      peers: 'any',
      host: '127.0.0.1',
      port: watcherPort,
      services: [
        workItemEvents({
          async received({ event, sopInstanceUid, dataSet, transferSyntaxUid }) {
            if (refuses) throw new Error('the watcher has no room');
            const attributes = decode(dataSet, transferSyntaxUid);
            heard.push(`${sopInstanceUid} ${attributes['00741000']?.Value?.[0] ?? event}`);
          },
        }),
      ],
    });
  afterAll(() => watcher?.close(0));
  const of = (uid: string) =>
    heard.filter((line) => line.startsWith(`${uid} `)).map((line) => line.slice(uid.length + 1));

  it('in order, also of what happened while it was away, and each thing once', async () => {
    const act = (uid: string, kind: 'unsubscribe' | 'suspend-global-subscription') =>
      actOnWorkItem(planner, uid, { kind, receivingAeTitle: 'WATCHER' });
    expect(
      status(
        await actOnWorkItem(planner, UPS_GLOBAL_SUBSCRIPTION, {
          kind: 'subscribe',
          receivingAeTitle: 'WATCHER',
          deletionLock: true,
        }),
      ),
    ).toBe('0');
    const uid = uidFrom('watched');
    const mine = uidFrom('watched transaction');
    await createWorkItem(planner, uid, encode(newItem()));
    await change(planner, uid, 'IN PROGRESS', mine);
    const waiting = await node.context.db
      .selectFrom('work_item_event')
      .select('id')
      .where('ae_title', '=', 'WATCHER')
      .execute();
    expect(waiting.length).toBeGreaterThanOrEqual(2);
    watcher = await startWatcher();
    await eventually(async () => of(uid).length === 2);
    refuses = true;
    await updateWorkItem(
      planner,
      uid,
      encode({
        ...transaction(mine),
        '00741002': { vr: 'SQ', Value: [{ '00741004': { vr: 'DS', Value: [50] } }] },
      }),
    );
    await eventually(async () => {
      const row = await node.context.db.selectFrom('work_item_receiver').selectAll().executeTakeFirst();
      return row?.last_error === 'DIMSE_OPERATION_FAILED';
    });
    refuses = false;
    await actOnWorkItem(planner, uid, { kind: 'request-cancel' });
    await eventually(async () => of(uid).length === 4);
    expect(of(uid)).toEqual(['SCHEDULED', 'IN PROGRESS', 'progress-report', 'cancel-requested']);

    expect(status(await act(UPS_GLOBAL_SUBSCRIPTION, 'suspend-global-subscription'))).toBe('0');
    const unheard = uidFrom('after suspension');
    await createWorkItem(planner, unheard, encode(newItem()));
    expect(status(await act(uid, 'unsubscribe'))).toBe('0');
    await updateWorkItem(planner, uid, encode({ ...transaction(mine), ...performed }));
    await change(planner, uid, 'COMPLETED', mine);
    // A filtered subscription hears of what it asked for, and shows by that that everything else has been sent.
    const filter: DicomJson = {
      '00100020': { vr: 'LO', Value: ['P-8'] },
      '00741234': { vr: 'AE', Value: ['WATCHER'] },
      '00741230': { vr: 'LO', Value: ['FALSE'] },
    };
    expect(status(await subscribeTo(UPS_FILTERED_SUBSCRIPTION, filter))).toBe('0');
    const picked = uidFrom('picked');
    await createWorkItem(planner, picked, encode(newItem({ '00100020': { vr: 'LO', Value: ['P-8'] } })));
    await eventually(async () => of(picked).length === 1);
    expect([of(unheard), of(uid).length]).toEqual([[], 4]);
  });
});

/** An N-ACTION with keys of its own. */
async function subscribeTo(uid: string, attributes: DicomJson): Promise<NormalizedResponse> {
  return nAction(
    planner,
    { sopClassUid: UPS.push, sopInstanceUid: uid, abstractSyntax: UPS.watch },
    3,
    encode(attributes),
  );
}
