import { type DicomJson, uidFrom } from '@photopeak/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningNode } from '../../node/index.ts';
import { testInstance, testStudy } from '../../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../../testing/node.ts';
import { authorization, client, jsonOf, partsOf, TOKENS } from './test-kit.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let node: RunningNode;
const { get, stow } = client(() => node.url);

beforeAll(async () => {
  folder = await temporaryFolder('workitems');
  node = await startTestNode(
    `${folder.path}/data`,
    `
workflow: { workers: 1 }
routes:
  - name: count
    when: { minimumInstances: 2 }
    run: { pipeline: counting, parameters: { slowMs: 150 } }
    priority: urgent
${TOKENS}`,
  );
});
afterAll(async () => {
  await node?.close();
  await folder?.remove();
});

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${node.url}/dicom-web${path}`, {
    method,
    headers: { ...authorization, 'Content-Type': 'application/dicom+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

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
  '00404005': { vr: 'DT', Value: ['20261123120000+0000'] },
  '00404018': { vr: 'SQ', Value: [code('110001', 'Image Processing')] },
  '00404021': { vr: 'SQ' },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Curie^Marie' }] },
  '00100020': { vr: 'LO', Value: ['P-7'] },
  ...changes,
});
const state = (value: string, transaction?: string) => ({
  '00741000': { vr: 'CS', Value: [value] },
  ...(transaction === undefined ? {} : { '00081195': { vr: 'UI', Value: [transaction] } }),
});
const performed = (output: unknown[] = []) => ({
  '00741216': {
    vr: 'SQ',
    Value: [
      {
        '00404028': { vr: 'SQ', Value: [code('OUT', 'Outside')] },
        '00404050': { vr: 'DT', Value: ['20261123120100+0000'] },
        '00404051': { vr: 'DT', Value: ['20261123120200+0000'] },
        '00404019': { vr: 'SQ', Value: [code('110001', 'Image Processing')] },
        '00404033': { vr: 'SQ', Value: output },
      },
    ],
  },
});

async function create(item: DicomJson = newItem()): Promise<string> {
  const response = await send('POST', '/workitems', item);
  expect(response.status).toBe(201);
  return response.headers.get('content-location')!.split('/').at(-1)!;
}
const item = async (uid: string) => (await jsonOf(await get(`/workitems/${uid}`)))[0] as DicomJson;
const stateOf = async (uid: string) => (await item(uid))['00741000']!.Value![0];

/** A subscriber's channel and what it has heard. */
async function listen(aet: string) {
  const url = `${node.url.replace('http', 'ws')}/dicom-web/subscribers/${aet}`;
  const socket = new WebSocket(url, { headers: authorization } as unknown as string[]);
  const heard: Record<string, { Value: unknown[] }>[] = [];
  socket.onmessage = (event) => heard.push(JSON.parse(String(event.data)));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  return {
    /** Types of events of an item, with the state that a report names. */
    of: (uid: string) =>
      heard
        .filter((report) => report['00001000']!.Value[0] === uid)
        .map((report) => report['00741000']?.Value[0] ?? report['00001002']!.Value[0]),
    close: () => socket.close(),
  };
}

describe('the work list for a performer outside', () => {
  it('an item is created, found, claimed, updated, completed; only its performer changes it', async () => {
    const uid = uidFrom('test item');
    const created = await send('POST', `/workitems?${uid}`, [newItem()]);
    expect([created.status, created.headers.get('location')]).toEqual([
      201,
      `${node.url}/dicom-web/workitems/${uid}`,
    ]);
    expect(created.headers.get('warning')).toContain('modifications');
    expect((await send('POST', `/workitems?workitem=${uid}`, newItem())).status).toBe(409);
    const query =
      'ProcedureStepState=SCHEDULED&PatientName=curie*&ScheduledWorkitemCodeSequence.CodeValue=110001';
    expect(await jsonOf(await get(`/workitems?${query}`))).toHaveLength(1);
    expect((await get('/workitems?00404018.00080100=110002')).status).toBe(204);
    expect(
      (await get('/workitems?ScheduledProcedureStepStartDateTime=20261123-20261124&limit=1')).status,
    ).toBe(200);
    expect((await get('/workitems?ScheduledProcedureStepStartDateTime=20261124-')).status).toBe(204);
    expect((await get('/workitems?NoSuchThing=1')).status).toBe(400);
    const [xml] = await partsOf(
      await get(`/workitems/${uid}`, { Accept: 'multipart/related; type="application/dicom+xml"' }),
    );
    expect(Buffer.from(xml!.bytes).toString()).toContain('Segment the liver');

    const mine = uidFrom('my transaction');
    expect((await send('PUT', `/workitems/${uid}/state`, state('IN PROGRESS'))).status).toBe(400);
    expect((await send('PUT', `/workitems/${uid}/state`, state('COMPLETED', mine))).status).toBe(409);
    expect((await send('PUT', `/workitems/${uid}/state`, state('IN PROGRESS', mine))).status).toBe(200);
    expect((await send('PUT', `/workitems/${uid}/state`, state('IN PROGRESS', mine))).status).toBe(409);
    expect(JSON.stringify(await item(uid))).not.toContain(mine);

    expect((await send('POST', `/workitems/${uid}`, performed())).status).toBe(400);
    expect((await send('POST', `/workitems/${uid}?${uidFrom('another')}`, performed())).status).toBe(400);
    const incomplete = await send('PUT', `/workitems/${uid}/state`, state('COMPLETED', mine));
    expect([incomplete.status, (await jsonOf(incomplete)).error.expected]).toEqual([
      409,
      'UnifiedProcedureStepPerformedProcedureSequence',
    ]);
    expect(
      (await send('POST', `/workitems/${uid}?${mine}`, { '00100020': { vr: 'LO', Value: ['X'] } })).status,
    ).toBe(400);
    expect((await send('POST', `/workitems/${uid}?transaction-uid=${mine}`, performed())).status).toBe(200);
    expect((await send('PUT', `/workitems/${uid}/state`, state('CANCELED', mine))).status).toBe(409);
    expect((await send('PUT', `/workitems/${uid}/state`, state('COMPLETED', mine))).status).toBe(200);
    const again = await send('PUT', `/workitems/${uid}/state`, state('COMPLETED', mine));
    expect([again.status, again.headers.get('warning')]).toEqual([200, expect.stringContaining('COMPLETED')]);
    expect((await send('POST', `/workitems/${uid}?${mine}`, performed())).status).toBe(400);
    expect((await send('POST', `/workitems/${uid}/cancelrequest`)).status).toBe(409);
  });

  it('what does not follow the standard is refused', async () => {
    for (const wrong of [
      newItem({ '00741000': { vr: 'CS', Value: ['IN PROGRESS'] } }),
      newItem({ '00741200': { vr: 'CS', Value: ['STAT'] } }),
      newItem({ '00741204': { vr: 'LO' } }),
      newItem({ '00081195': { vr: 'UI', Value: ['1.2.3'] } }),
      newItem(performed() as DicomJson),
      newItem({ '00080018': { vr: 'UI', Value: ['not a uid'] } }),
    ]) {
      expect((await send('POST', '/workitems', wrong)).status).toBe(400);
    }
    expect((await send('POST', '/workitems', 'text')).status).toBe(400);
    expect((await get('/workitems/1.2.3.4')).status).toBe(404);
    expect((await send('PUT', '/workitems/1.2.3.4/state', state('IN PROGRESS', '1.2.3'))).status).toBe(404);
    const stranger = await fetch(`${node.url}/dicom-web/workitems`);
    expect(stranger.status).toBe(401);
  });

  it('subscribers hear what happens, in order, also of what happened while they were away', async () => {
    const all = '1.2.840.10008.5.1.4.34.5';
    const subscribed = await send('POST', `/workitems/${all}/subscribers/WATCHER?deletionlock=true`);
    expect([subscribed.status, subscribed.headers.get('content-location')]).toEqual([
      201,
      `${node.url.replace('http', 'ws')}/dicom-web/subscribers/WATCHER`,
    ]);
    const filtered = '1.2.840.10008.5.1.4.34.5.1';
    expect((await send('POST', `/workitems/${filtered}/subscribers/PICKY`)).status).toBe(400);
    expect((await send('POST', `/workitems/${filtered}/subscribers/PICKY?PatientID=P-8`)).status).toBe(201);
    const first = await create();
    const mine = uidFrom('watched');
    await send('PUT', `/workitems/${first}/state`, state('IN PROGRESS', mine));
    const watcher = await listen('WATCHER');
    const picky = await listen('PICKY');
    await eventually(async () => watcher.of(first).length === 2);
    expect(watcher.of(first)).toEqual(['SCHEDULED', 'IN PROGRESS']);
    const progress = {
      '00741002': { vr: 'SQ', Value: [{ '00741004': { vr: 'DS', Value: [50] } }] },
    };
    await send('POST', `/workitems/${first}?${mine}`, progress);
    expect(
      (
        await send('POST', `/workitems/${first}/cancelrequest`, {
          '00741238': { vr: 'LT', Value: ['why not'] },
        })
      ).status,
    ).toBe(202);
    expect(await stateOf(first)).toBe('IN PROGRESS');
    const stopped = {
      '00741002': {
        vr: 'SQ',
        Value: [{ '0074100E': { vr: 'SQ', Value: [code('110513', 'Discontinued')] } }],
      },
    };
    expect((await send('PUT', `/workitems/${first}/state`, state('CANCELED', mine))).status).toBe(409);
    await send('POST', `/workitems/${first}?${mine}`, stopped);
    expect((await send('PUT', `/workitems/${first}/state`, state('CANCELED', mine))).status).toBe(200);
    await eventually(async () => watcher.of(first).includes('CANCELED'));
    expect(watcher.of(first)).toEqual(['SCHEDULED', 'IN PROGRESS', 3, 2, 3, 'CANCELED']);

    const other = await create(newItem({ '00100020': { vr: 'LO', Value: ['P-8'] } }));
    expect((await send('POST', `/workitems/${other}/cancelrequest`)).status).toBe(202);
    await eventually(async () => picky.of(other).length === 3 && watcher.of(other).length === 3);
    expect(picky.of(other)).toEqual(['SCHEDULED', 'IN PROGRESS', 'CANCELED']);
    expect(picky.of(first)).toEqual([]);

    expect((await send('POST', `/workitems/${all}/subscribers/WATCHER/suspend`)).status).toBe(200);
    const unheard = await create();
    expect((await send('POST', `/workitems/${unheard}/subscribers/WATCHER`)).status).toBe(201);
    await eventually(async () => watcher.of(unheard).length === 1);
    expect((await send('DELETE', `/workitems/${unheard}/subscribers/WATCHER`)).status).toBe(200);
    expect((await send('DELETE', `/workitems/${unheard}/subscribers/WATCHER`)).status).toBe(404);
    expect((await send('POST', '/workitems/1.2.3/subscribers/WATCHER')).status).toBe(404);
    watcher.close();
    picky.close();
  });

  it('a channel needs a session or a token, and a page of another site gets none', async () => {
    const refused = (headers: Record<string, string>) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(`${node.url.replace('http', 'ws')}/dicom-web/subscribers/X`, {
          headers,
        } as unknown as string[]);
        socket.onopen = () => resolve(false);
        socket.onerror = () => resolve(true);
      });
    expect(await refused({})).toBe(true);
    expect(await refused({ ...authorization, Origin: 'https://elsewhere.example' })).toBe(true);
  });
});

describe('work on a study for a performer outside', () => {
  it('is created with its input, performed elsewhere, and its stored output is linked', async () => {
    const input = testInstance({ study: 'for others' });
    expect((await stow([input.bytes])).status).toBe(200);
    const post = (study: string, body: unknown) =>
      fetch(`${node.url}/api/studies/${study}/work-items`, {
        method: 'POST',
        headers: { ...authorization, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await post(uidFrom('nowhere'), { label: 'x' })).status).toBe(404);
    expect((await post(input.study, { label: '' })).status).toBe(400);
    const created = await post(input.study, {
      label: 'Segment the liver',
      worklist: 'Livers',
      priority: 'HIGH',
    });
    expect(created.status).toBe(201);
    const { uid } = (await jsonOf(created)) as { uid: string };

    const [found] = (await jsonOf(
      await get('/workitems?WorklistLabel=Livers&ProcedureStepState=SCHEDULED'),
    )) as DicomJson[];
    expect(found!['00080018']!.Value).toEqual([uid]);
    const [series] = found!['00404021']!.Value as DicomJson[];
    const [retrieval] = series!['0040E025']!.Value as DicomJson[];
    const fetched = await fetch(String(retrieval!['00081190']!.Value![0]), { headers: authorization });
    expect(await partsOf(fetched)).toHaveLength(1);

    const mine = uidFrom('liver performer');
    await send('PUT', `/workitems/${uid}/state`, state('IN PROGRESS', mine));
    const result = testInstance({ study: 'for others', modality: 'PT', number: 7 });
    await stow([result.bytes]);
    const reference = (sop: string) => ({ '00081155': { vr: 'UI', Value: [sop] } });
    const output = {
      '0020000D': { vr: 'UI', Value: [result.study] },
      '0020000E': { vr: 'UI', Value: [result.series] },
      '00081199': { vr: 'SQ', Value: [reference(result.sop), reference('1.2.3.4')] },
    };
    await send('POST', `/workitems/${uid}?${mine}`, performed([output]));
    expect((await send('PUT', `/workitems/${uid}/state`, state('COMPLETED', mine))).status).toBe(200);
    const seen = await jsonOf(await fetch(`${node.url}/api/work-items/${uid}`, { headers: authorization }));
    expect(seen).toMatchObject({ uid, state: 'COMPLETED', runId: null });
    expect(seen.outputs.map((entry: { isPresent: boolean }) => entry.isPresent)).toEqual([true, false]);
  });
});

describe('runs of this node', () => {
  it('are work items that follow them from the queue to their results', async () => {
    await send('POST', '/workitems/1.2.840.10008.5.1.4.34.5/subscribers/PACS');
    const channel = await listen('PACS');
    const study = testStudy('run as item', 2);
    expect((await stow(study.map((instance) => instance.bytes))).status).toBe(200);
    const query = `/workitems?InputInformationSequence.StudyInstanceUID=${study[0]!.study}`;
    const done = await eventually(async () => {
      const response = await get(`${query}&ProcedureStepState=COMPLETED`);
      return response.status === 200 && ((await jsonOf(response))[0] as DicomJson);
    });
    const uid = String(done['00080018']!.Value![0]);
    expect(done['00741204']!.Value).toEqual(['Counts instances']);
    expect(done['00741200']!.Value).toEqual(['HIGH']);
    const [step] = done['00741216']!.Value as DicomJson[];
    const [output] = step!['00404033']!.Value as DicomJson[];
    const [result] = output!['00081199']!.Value as DicomJson[];
    const [retrieval] = output!['0040E025']!.Value as DicomJson[];
    const url = String(retrieval!['00081190']!.Value![0]);
    expect(url.startsWith(`${node.url}/dicom-web/studies/${study[0]!.study}/series/`)).toBe(true);
    const sop = String(result!['00081155']!.Value![0]);
    expect((await fetch(`${url}/instances/${sop}`, { headers: authorization })).status).toBe(200);
    await eventually(async () => channel.of(uid).includes('COMPLETED'));
    const states = channel.of(uid).filter((event) => typeof event === 'string');
    expect(states).toEqual(['SCHEDULED', 'IN PROGRESS', 'COMPLETED']);
    channel.close();
    const claim = await send('PUT', `/workitems/${uid}/state`, state('IN PROGRESS', '1.2.3'));
    expect([claim.status, (await jsonOf(claim)).error.code]).toEqual([403, 'WORK_ITEM_OWN']);
  });

  it('end when their item is asked to be cancelled, and are another item when they are tried again', async () => {
    const study = testStudy('cancelled', 2);
    await stow(study.map((instance) => instance.bytes));
    const query = `/workitems?InputInformationSequence.StudyInstanceUID=${study[0]!.study}`;
    const open = await eventually(async () => {
      const response = await get(query);
      return response.status === 200 && ((await jsonOf(response))[0] as DicomJson);
    });
    const uid = String(open['00080018']!.Value![0]);
    const request = { '00741238': { vr: 'LT', Value: ['wrong patient'] } };
    expect((await send('POST', `/workitems/${uid}/cancelrequest`, request)).status).toBe(202);
    const ended = await eventually(async () => {
      const found = await item(uid);
      return found['00741000']!.Value![0] === 'CANCELED' && found;
    });
    expect(JSON.stringify(ended)).toContain('wrong patient [RUN_CANCELLED]');
    const run = await node.context.db
      .selectFrom('run')
      .select(['id', 'state'])
      .where('study_instance_uid', '=', study[0]!.study)
      .executeTakeFirstOrThrow();
    expect(run.state).toBe('failed');
    const retried = await fetch(`${node.url}/api/runs/${run.id}/retry`, {
      method: 'POST',
      headers: authorization,
    });
    expect(retried.status).toBe(202);
    const finished = await eventually(async () => {
      const response = await get(`${query}&ProcedureStepState=COMPLETED`);
      return response.status === 200 && ((await jsonOf(response))[0] as DicomJson);
    });
    expect(finished['00080018']!.Value![0]).not.toBe(uid);
    expect(await stateOf(uid)).toBe('CANCELED');
  });
});
