import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningNode } from '../node/index.ts';
import { type TestInstance, testInstance, testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';

const TOKEN = 'a-long-token-for-the-tests';
const headers = { Authorization: `Bearer ${TOKEN}` };
const tokens = `security: { tokens: [{ name: performer, token: ${TOKEN}, roles: [technologist] }] }`;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** Keeps images and the work list; runs nothing itself. */
let manager: RunningNode;
/** Performs what the list asks for, and stores its results with the manager. */
let performer: RunningNode;

beforeAll(async () => {
  folder = await temporaryFolder('performing');
  manager = await startTestNode(`${folder.path}/manager`, `workflow: { workers: 0 }\n${tokens}`);
  performer = await startTestNode(
    `${folder.path}/performer`,
    `
node: { name: helper }
workflow: { workers: 1 }
destinations: [{ kind: stow, name: manager, url: '${manager.url}/dicom-web', token: ${TOKEN} }]
routes:
  - name: count
    when: { minimumInstances: 2 }
    run: { pipeline: counting }
    deliver: [manager]
taskLists:
  - { name: counts, url: '${manager.url}/dicom-web', token: ${TOKEN}, where: { WorklistLabel: Counts }, route: count, everySeconds: 0.3 }`,
  );
});
afterAll(async () => {
  await performer?.close();
  await manager?.close();
  await folder?.remove();
});

async function atManager(instances: readonly TestInstance[], label: string): Promise<string> {
  const parts = instances.flatMap(({ bytes }) => [
    Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'),
    bytes,
    Buffer.from('\r\n'),
  ]);
  const stored = await fetch(`${manager.url}/dicom-web/studies`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'multipart/related; type="application/dicom"; boundary=b' },
    body: Buffer.concat([...parts, Buffer.from('--b--\r\n')]),
  });
  expect(stored.status).toBe(200);
  const created = await fetch(`${manager.url}/api/studies/${instances[0]!.study}/work-items`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ label, worklist: label }),
  });
  expect(created.status).toBe(201);
  return ((await created.json()) as { uid: string }).uid;
}

const view = async (uid: string) =>
  (await (await fetch(`${manager.url}/api/work-items/${uid}`, { headers })).json()) as {
    state: string;
    outputs: { sopInstanceUid: string; isPresent: boolean }[];
  };

describe('work of another list', () => {
  it('is claimed, its input fetched, run, its results stored and named, and completed', async () => {
    const study = testStudy('for the performer', 2);
    const other = await atManager([testInstance({ study: 'not for it' })], 'Something else');
    const uid = await atManager(study, 'Counts');
    const done = await eventually(async () => {
      const seen = await view(uid);
      return seen.state === 'COMPLETED' && seen;
    });
    expect(done.outputs).toHaveLength(1);
    expect(done.outputs.every((output) => output.isPresent)).toBe(true);
    const here = await performer.context.db
      .selectFrom('instance')
      .select(['sop_instance_uid', 'origin'])
      .where('study_instance_uid', '=', study[0]!.study)
      .execute();
    expect(
      here
        .filter((row) => row.origin === 'received')
        .map((row) => row.sop_instance_uid)
        .sort(),
    ).toEqual(study.map((instance) => instance.sop).sort());
    expect((await view(other)).state).toBe('SCHEDULED');
    const tasks = await performer.context.db.selectFrom('performed_task').select(['uid', 'state']).execute();
    expect(tasks).toEqual([{ uid, state: 'completed' }]);
  });

  it('is given back with the reason when the route does not take the study', async () => {
    const uid = await atManager([testInstance({ study: 'too small' })], 'Counts');
    await eventually(async () => (await view(uid)).state === 'CANCELED');
    const [item] = (await (
      await fetch(`${manager.url}/dicom-web/workitems/${uid}`, { headers })
    ).json()) as Record<string, unknown>[];
    expect(JSON.stringify(item)).toContain('route count does not take this study');
  });
});
