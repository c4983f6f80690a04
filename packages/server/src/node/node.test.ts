import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAnchor, replayRun, verifyAudit } from '../index.ts';
import { type TestInstance, testInstance, testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, talk, temporaryFolder, writeInstances } from '../testing/node.ts';
import { createOrthanc, type Orthanc } from '../testing/orthanc.ts';
import type { RunningNode } from './index.ts';

describeWithPeers('the node between a scanner and a PACS', ['storescu', 'Orthanc'], () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let orthanc: Orthanc;
  let node: RunningNode;

  const configuration = () => `
destinations:
  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${orthanc.dicomPort} }
routes:
  - name: count
    when: { modalities: [CT, PT] }
    run: { pipeline: counting, parameters: { slowMs: 50 } }
    deliver: [{ to: pacs, send: all }]
  - name: needs-mr
    when: { modalities: [CT], attributes: { StudyDescription: { equals: broken } } }
    run: { pipeline: counting, parameters: { require: MR } }`;

  beforeAll(async () => {
    folder = await temporaryFolder('node');
    orthanc = await createOrthanc();
    await orthanc.start();
    node = await startTestNode(path.join(folder.path, 'data'), configuration());
  });
  afterAll(async () => {
    await node?.close();
    await orthanc?.remove();
    await folder?.remove();
  });

  /** The technologist sends: dcmtk's storescu, one association. */
  async function send(name: string, instances: readonly TestInstance[]) {
    const at = path.join(folder.path, name);
    await mkdir(at, { recursive: true });
    const files = await writeInstances(at, instances);
    const { host, port, aeTitle } = node.dicom!;
    return talk('storescu', ['-aec', aeTitle, '-aet', 'SCANNER', host, String(port), ...files]);
  }

  const studyState = (uid: string) =>
    node.context.db
      .selectFrom('study')
      .select(['state', 'state_reason'])
      .where('study_instance_uid', '=', uid)
      .executeTakeFirst();

  const runsOf = (uid: string) =>
    node.context.db.selectFrom('run').selectAll().where('study_instance_uid', '=', uid).execute();

  it('a study goes in, originals and results come out, each once and byte for byte', async () => {
    const instances = testStudy('first', 4);
    const uid = instances[0]!.study;
    expect(await send('first', instances)).toMatchObject({ status: 0 });
    const run = await eventually(async () =>
      (await runsOf(uid)).find((candidate) => candidate.state === 'delivered'),
    );
    const results = await node.context.db
      .selectFrom('result')
      .selectAll()
      .where('run_id', '=', run.id)
      .execute();
    expect(results.map((row) => row.output)).toEqual(['capture', 'summary']);
    const expected = [...instances.map((instance) => instance.sop), results[0]!.sop_instance_uid!];
    const present = await eventually(async () => {
      const found = await orthanc.instances();
      return found.size === expected.length && found;
    });
    expect([...present].sort()).toEqual(expected.map((sop) => [sop, 1]).sort());
    expect((await studyState(uid))?.state).toBe('draft');
    const steps = await node.context.db
      .selectFrom('run_step')
      .selectAll()
      .where('run_id', '=', run.id)
      .execute();
    expect(steps.map((step) => [step.name, step.state])).toEqual([
      ['read', 'done'],
      ['combine', 'done'],
      ['render', 'done'],
    ]);
    const pixels = (bytes: Uint8Array) => Buffer.from(bytes).subarray(-400);
    expect(pixels(await orthanc.file(instances[0]!.sop))).toEqual(pixels(instances[0]!.bytes));
  });

  it('the same study sent again changes nothing', async () => {
    const instances = testStudy('first', 4);
    const uid = instances[0]!.study;
    expect(await send('first-again', instances)).toMatchObject({ status: 0 });
    await eventually(async () => (await studyState(uid))?.state === 'draft');
    expect(await runsOf(uid)).toHaveLength(1);
    expect((await orthanc.instances()).size).toBe(9);
  });

  it('own results that come back from the PACS start no new run', async () => {
    const uid = testStudy('first', 4)[0]!.study;
    const [run] = await runsOf(uid);
    const [result] = await node.context.db
      .selectFrom('result')
      .select('sop_instance_uid')
      .where('run_id', '=', run!.id)
      .where('kind', '=', 'dicom')
      .execute();
    const back = { ...testStudy('first', 1)[0]!, bytes: await orthanc.file(result!.sop_instance_uid!) };
    expect(await send('loop', [back])).toMatchObject({ status: 0 });
    // A result of another Photopeak in a study of its own is stored and starts nothing either.
    const foreign = testInstance({ study: 'foreign', manufacturer: 'Photopeak' });
    expect(await send('foreign', [foreign])).toMatchObject({ status: 0 });
    const late = testInstance({ study: 'marker' });
    expect(await send('marker', [late])).toMatchObject({ status: 0 });
    // When a study that came later is decided on, those before it would have been, too.
    await eventually(async () => (await studyState(late.study))?.state !== 'receiving');
    expect(await runsOf(uid)).toHaveLength(1);
    expect(await runsOf(foreign.study)).toHaveLength(0);
    expect((await studyState(uid))?.state).toBe('draft');
  });

  it('a study that lacks a series says what it waits for, and goes on when it comes', async () => {
    const instances = testStudy('waiting', 2);
    const uid = instances[0]!.study;
    const only = (series: string) => instances.filter((instance) => instance.series === series);
    await send('waiting-ct', only(instances[0]!.series));
    const waiting = await eventually(async () => {
      const state = await studyState(uid);
      return state?.state === 'awaiting-input' && state;
    });
    expect(waiting.state_reason).toBe('route count needs PT as well');
    await send('waiting-pt', only(instances[2]!.series));
    await eventually(async () => (await runsOf(uid)).find((run) => run.state === 'delivered'));
  });

  it('a step that refuses leaves a failed study with its reason', async () => {
    const instance = testInstance({ study: 'broken', description: 'broken' });
    await send('broken', [instance]);
    const failed = await eventually(async () => {
      const state = await studyState(instance.study);
      return state?.state === 'failed' && state;
    });
    expect(failed.state_reason).toContain('COUNTING_MODALITY_MISSING');
    const [run] = await runsOf(instance.study);
    expect(run?.error).toMatchObject({ step: 'read', remedy: 'send the missing series' });
  });

  it('the PACS goes away and comes back: everything is delivered, once', async () => {
    await orthanc.stop();
    const instances = testStudy('away', 3);
    const uid = instances[0]!.study;
    expect(await send('away', instances)).toMatchObject({ status: 0 });
    await eventually(async () => {
      const rows = await node.context.db
        .selectFrom('outbox')
        .select(['attempts', 'state'])
        .where('study_instance_uid', '=', uid)
        .execute();
      return rows.length === 7 && rows.every((row) => row.attempts >= 2 && row.state !== 'acknowledged');
    });
    await orthanc.start();
    const run = await eventually(async () =>
      (await runsOf(uid)).find((candidate) => candidate.state === 'delivered'),
    );
    await eventually(async () => {
      const open = await node.context.db
        .selectFrom('outbox')
        .select('id')
        .where('state', '!=', 'acknowledged')
        .execute();
      return open.length === 0;
    });
    const there = await orthanc.instances();
    const results = await node.context.db
      .selectFrom('result')
      .select('sop_instance_uid')
      .where('run_id', '=', run.id)
      .where('kind', '=', 'dicom')
      .execute();
    for (const sop of [...instances.map((i) => i.sop), ...results.map((r) => r.sop_instance_uid!)]) {
      expect(there.get(sop)).toBe(1);
    }
  });

  it('a past run can be computed again to the same bytes', async () => {
    const [run] = await runsOf(testStudy('first', 4)[0]!.study);
    const report = await replayRun(node.context, run!.id);
    expect(report).toMatchObject({ ok: true });
    expect(report.objects).toHaveLength(2);
  });

  it('the audit trail tells it all and is in order', async () => {
    const { db, dataFolder } = node.context;
    await eventually(async () => {
      const open = await db
        .selectFrom('instance')
        .select('sha256')
        .where('audit_sequence', 'is', null)
        .execute();
      return open.length === 0;
    });
    const rows = await db.selectFrom('audit').select('entry').orderBy('sequence').execute();
    const kinds = new Set(rows.map((row) => JSON.parse(row.entry).kind));
    for (const kind of [
      'node-start',
      'receipt',
      'study-complete',
      'run-queued',
      'run-finished',
      'result',
      'delivery',
    ]) {
      expect(kinds).toContain(kind);
    }
    expect(rows.map((row) => row.entry).join()).not.toContain('Curie');
    expect(await verifyAudit(db, await readAnchor(dataFolder))).toMatchObject({ ok: true });
  });
});
