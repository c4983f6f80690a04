import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Worklist, type WorklistEntry } from '../../api/contract.ts';
import type { RunningNode } from '../../node/index.ts';
import { testStudy } from '../../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../../testing/node.ts';
import { takeIn } from '../../testing/take-in.ts';

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
      await takeIn(node.context.sink, study);
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

  describe('set by hand', () => {
    const uid = doubtful[0]!.study;
    const nudge = { shiftMm: [0, 0, 12], turnDegrees: [0, 0, 0], about: [1, 2, 3] };
    const correct = async (runId: string, token: string, body: unknown, query = '') => {
      const answer = await call('POST', `/api/runs/${runId}/alignment/correction${query}`, token, body);
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };

    it('is a run of its own with the same input, and nobody is asked about it', async () => {
      const { runId: before } = (await entryOf(uid))!;
      const { status, body } = await correct(before!, TECHNOLOGIST, { nudge });
      expect(status).toBe(202);
      const moved = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 12, 0, 0, 0, 1];
      expect(body).toEqual({ runId: expect.any(String), matrix: moved, rmsMm: null, residualsMm: [] });
      const run = await eventually(() =>
        node.context.db
          .selectFrom('run')
          .selectAll()
          .where('id', '=', String(body.runId))
          .where('state', 'in', ['packaged', 'delivered'])
          .executeTakeFirst(),
      );
      expect(run.parameters).toMatchObject({ alignment: { means: 'nudge', by: 'tess', matrix: moved } });
      const old = await node.context.db
        .selectFrom('run')
        .select(['input', 'summary', 'route'])
        .where('id', '=', before!)
        .executeTakeFirstOrThrow();
      expect(run.input).toEqual(old.input);
      expect(run.route).toBe(old.route);
      expect(old.summary).toMatchObject({ registration: { used: 'identity' } });
      const entry = (await entryOf(uid))!;
      expect([entry.runId, entry.registration?.score, entry.alignmentCheck]).toEqual([run.id, 50, null]);
      const audit = await node.context.db
        .selectFrom('audit')
        .select('entry')
        .where('entry', 'like', '%"kind":"alignment-correction"%')
        .execute();
      expect(audit.map(({ entry }) => JSON.parse(entry))).toMatchObject([
        { subject: `run:${before}`, detail: { run: run.id, means: 'nudge', matrix: moved } },
      ]);
    });

    const newest = () =>
      eventually(async () => {
        const entry = await entryOf(uid);
        return entry?.registration?.score === 50 ? entry.runId! : undefined;
      });

    it('goes on from the correction before', async () => {
      const runId = await newest();
      const { body } = await correct(runId, TECHNOLOGIST, { nudge });
      expect((body.matrix as number[])[11]).toBe(24);
    });

    it('through landmarks tells what remains between them, at first for trial', async () => {
      const runId = await newest();
      const landmarks = [
        [0, 0, 0],
        [100, 0, 0],
        [0, 100, 0],
        [0, 0, 100],
      ].map(([x, y, z]) => ({ fixed: [x! + 3, y! - 4, z! + 5], moving: [x, y, z] }));
      const { body } = await correct(`${runId}`, TECHNOLOGIST, { landmarks }, '?trial=true');
      const shift = [3, 7, 11].map((at) => (body.matrix as number[])[at]!);
      [3, -4, 5].forEach((mm, axis) => {
        expect(shift[axis]).toBeCloseTo(mm, 9);
      });
      expect([body.runId, body.rmsMm, body.residualsMm]).toEqual([
        null,
        expect.closeTo(0, 9),
        expect.any(Array),
      ]);
      expect(await newest()).toBe(runId);
      const onALine = landmarks.map((pair, n) => ({ ...pair, moving: [n * 10, 0, 0] }));
      const refused = await correct(runId, TECHNOLOGIST, { landmarks: onALine });
      expect([refused.status, refused.body]).toMatchObject([
        400,
        { error: { code: 'REGISTRATION_LANDMARKS' } },
      ]);
    });

    it('is refused to who may not, and where there is nothing to set', async () => {
      const { runId } = (await entryOf(uid))!;
      expect((await correct(runId!, ADMINISTRATOR, { nudge })).status).toBe(403);
      expect(
        (await correct(runId!, TECHNOLOGIST, { nudge: { ...nudge, shiftMm: [0, 0, 5e3] } })).status,
      ).toBe(400);
      const unknown = await correct('0'.repeat(32), TECHNOLOGIST, { nudge });
      expect([unknown.status, unknown.body]).toMatchObject([
        409,
        { error: { code: 'ALIGNMENT_NOT_CORRECTABLE' } },
      ]);
    });
  });
});
