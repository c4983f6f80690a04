import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Worklist, type WorklistEntry } from '../../api/contract.ts';
import type { RunningNode } from '../../node/index.ts';
import { testStudy } from '../../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../../testing/node.ts';

const TECHNOLOGIST = 'a-technologists-token-that-is-long';
const ADMINISTRATOR = 'an-administrators-token-that-is-long';

describe('a study whose PET and CT may not lie on each other', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  const doubtful = testStudy('doubtful', 2);
  const aligned = testStudy('aligned', 3);

  beforeAll(async () => {
    folder = await temporaryFolder('alignment');
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
security:
  tokens:
    - { name: tess, token: ${TECHNOLOGIST}, roles: [technologist] }
    - { name: admin, token: ${ADMINISTRATOR}, roles: [administrator] }
alignment: { checkBelow: 65 }
routes:
  - name: low
    when: { not: { minimumInstances: 5 } }
    run: { pipeline: counting, parameters: { findings: 1, score: 41 } }
  - name: high
    when: { minimumInstances: 5 }
    run: { pipeline: counting, parameters: { findings: 1, score: 92 } }
  - name: once-more
    on: alignment
    when: { modalities: [CT, PT] }
    run: { pipeline: counting, parameters: { findings: 1, score: 50 } }`,
    );
    for (const study of [doubtful, aligned]) {
      const session = node.context.sink.open({ kind: 'folder', folder: 'test' });
      for (const instance of study) {
        const file = await session.begin();
        await file.write([instance.bytes]);
        await file.commit();
      }
      await session.close('complete');
    }
  });
  afterAll(async () => {
    await node?.close();
    await folder?.remove();
  });

  const call = (method: string, at: string, token: string, body?: unknown) =>
    fetch(`${node.url}${at}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  async function entryOf(study: string): Promise<WorklistEntry | undefined> {
    const answer = await call('GET', '/api/worklist', TECHNOLOGIST);
    const { entries } = Worklist.parse(await answer.json());
    return entries.find(({ studyInstanceUid }) => studyInstanceUid === study);
  }

  const runsOf = (study: string) =>
    node.context.db
      .selectFrom('run')
      .select(['id', 'route', 'state'])
      .where('study_instance_uid', '=', study)
      .orderBy('queued_at')
      .execute();

  it('waits for a technologist and is processed once more by the routes for it, not more often', async () => {
    const uid = doubtful[0]!.study;
    const entry = await eventually(async () => {
      const found = await entryOf(uid);
      return found?.registration?.score === 50 && found.alignmentCheck !== null ? found : undefined;
    });
    expect(entry.alignmentCheck).toEqual({
      state: 'waiting',
      note: 'Check fusion alignment, 50/100: liver dome 9 mm higher on PET than on CT',
      decidedBy: null,
      comment: null,
    });
    expect((await runsOf(uid)).map(({ route }) => route)).toEqual(['low', 'once-more']);
  });

  it('leaves the others alone', async () => {
    const uid = aligned[0]!.study;
    const entry = await eventually(async () => {
      const found = await entryOf(uid);
      return found?.registration?.score === 92 ? found : undefined;
    });
    expect(entry.alignmentCheck).toBeNull();
    expect((await runsOf(uid)).map(({ route }) => route)).toEqual(['high']);
    const [run] = await runsOf(uid);
    const refused = await call('POST', `/api/runs/${run!.id}/alignment`, TECHNOLOGIST, {
      verdict: 'accepted',
    });
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ error: { code: 'ALIGNMENT_NOT_ASKED' } });
  });

  it('takes the verdict of who may give one, and writes it down', async () => {
    const uid = doubtful[0]!.study;
    const { runId } = (await entryOf(uid))!;
    const at = `/api/runs/${runId}/alignment`;
    expect((await call('POST', at, ADMINISTRATOR, { verdict: 'accepted' })).status).toBe(403);
    expect((await call('POST', at, TECHNOLOGIST, { verdict: 'perhaps' })).status).toBe(400);
    const said = await call('POST', at, TECHNOLOGIST, { verdict: 'unusable', comment: 'coughed' });
    expect(await said.json()).toMatchObject({ state: 'unusable', decidedBy: 'tess', comment: 'coughed' });
    expect((await entryOf(uid))!.alignmentCheck).toMatchObject({ state: 'unusable', decidedBy: 'tess' });
    const audit = await node.context.db
      .selectFrom('audit')
      .select('entry')
      .where('entry', 'like', '%"kind":"alignment-check"%')
      .execute();
    expect(audit).toHaveLength(3);
    expect(audit.some(({ entry }) => entry.includes('coughed'))).toBe(false);
  });
});
