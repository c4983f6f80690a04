import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QualityList } from '../api/contract.ts';
import { parkRun } from '../enhancements/park.ts';
import type { RunningNode } from '../node/index.ts';
import { testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';
import { takeIn } from '../testing/take-in.ts';
import { isSampled } from './sample.ts';
import { summarise } from './summarise.ts';

const PHYSICIST = 'a-physicists-token-that-is-long-enough';
const TECHNOLOGIST = 'a-technologists-token-that-is-long';
const READER = 'a-readers-token-that-is-long-enough';

describe('an enhanced series that quality control holds back', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  const study = testStudy('held', 2);

  beforeAll(async () => {
    folder = await temporaryFolder('quality');
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
security:
  tokens:
    - { name: phil, token: ${PHYSICIST}, roles: [physicist] }
    - { name: tess, token: ${TECHNOLOGIST}, roles: [technologist] }
    - { name: rita, token: ${READER}, roles: [reader] }
destinations:
  - { name: pacs, kind: folder, path: ${path.join(folder.path, 'pacs')} }
routes:
  - name: all
    when: {}
    run: { pipeline: counting, parameters: { findings: 1, quality: [held, passed] } }
    phase: production
    deliver: [{ to: pacs, send: results }]`,
    );
    await takeIn(node.context.sink, study);
    await eventually(async () => ((await list(PHYSICIST)).entries.length === 2 ? true : undefined));
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
  const list = async (token: string) =>
    QualityList.parse(await (await call('GET', '/api/quality', token)).json());
  const owed = () => node.context.db.selectFrom('outbox').select('sop_instance_uid').execute();
  const indexed = (sop: string) =>
    node.context.db
      .selectFrom('instance')
      .select('sop_instance_uid')
      .where('sop_instance_uid', '=', sop)
      .execute();
  const held = () =>
    node.context.db.selectFrom('result').selectAll().where('held_phase', 'is not', null).execute();
  const auditOf = async (kind: string) =>
    (await node.context.db.selectFrom('audit').select('entry').execute()).filter(({ entry }) =>
      entry.includes(`"kind":"${kind}"`),
    );

  it('reaches neither the index nor the PACS, while the rest of its run does', async () => {
    const [capture, ...others] = await held();
    expect(others).toEqual([]);
    expect(await indexed(capture!.sop_instance_uid!)).toEqual([]);
    const { sop_instance_uid: delivered } = (await owed())[0]!;
    expect(await owed()).toHaveLength(1);
    expect(delivered).not.toBe(capture!.sop_instance_uid);
    const file = `/api/runs/${capture!.run_id}/results/${capture!.ordinal}`;
    expect((await call('GET', file, READER)).status).toBe(403);
    expect((await call('GET', file, PHYSICIST)).status).toBe(200);
  });

  it('waits on the list with its reasons, before what was drawn as a sample', async () => {
    const { entries, models } = await list(TECHNOLOGIST);
    expect(entries.map(({ verdict, asked, decision, isOpen }) => [verdict, asked, decision, isOpen])).toEqual(
      [
        ['held', 'held', 'waiting', true],
        // The first of its model, modality and scanner.
        ['passed', 'sample', null, true],
      ],
    );
    expect(entries[0]!.reasons).toEqual(['a structure that is not in the original']);
    expect(models[0]).toMatchObject({ counts: { passed: 1, flagged: 0, held: 1 }, scored: 0, drift: [] });
    expect((await call('GET', '/api/quality', READER)).status).toBe(403);
  });

  it('takes filled forms of physicist and technologist, and sums them up', async () => {
    const id = (await list(TECHNOLOGIST)).entries[1]!.id;
    const form = { artefacts: 4, sharpness: 3, noiseTexture: 5, confidence: 4, comment: 'a little waxy' };
    expect(
      (await call('POST', `/api/quality/${id}/scores`, TECHNOLOGIST, { ...form, artefacts: 6 })).status,
    ).toBe(400);
    expect((await call('POST', `/api/quality/${id}/scores`, READER, form)).status).toBe(403);
    await call('POST', `/api/quality/${id}/scores`, TECHNOLOGIST, form);
    const answer = await call('POST', `/api/quality/${id}/scores`, PHYSICIST, { ...form, sharpness: 5 });
    const { entries, models } = QualityList.parse(await answer.json());
    const scored = entries.find((entry) => entry.id === id)!;
    expect(scored.isOpen).toBe(false);
    expect(scored.scores.map(({ scoredBy, sharpness }) => [scoredBy, sharpness])).toEqual([
      ['tess', 3],
      ['phil', 5],
    ]);
    expect(models[0]).toMatchObject({ scored: 2, marks: { sharpness: 4, artefacts: 4 } });
    const audited = await auditOf('quality-score');
    expect(audited).toHaveLength(2);
    expect(JSON.stringify(audited)).not.toContain('waxy');
  });

  it('is released by a physicist alone, once, and then goes where the results of its run go', async () => {
    const { id } = (await list(PHYSICIST)).entries.find(({ verdict }) => verdict === 'held')!;
    const at = `/api/quality/${id}/decision`;
    const [capture] = await held();
    for (const token of [TECHNOLOGIST, READER])
      expect((await call('POST', at, token, { decision: 'released' })).status).toBe(403);
    const answer = await call('POST', at, PHYSICIST, { decision: 'released', comment: 'a known stent' });
    expect(answer.status).toBe(200);
    const { entries } = QualityList.parse(await answer.json());
    expect(entries.find((entry) => entry.id === id)).toMatchObject({
      decision: 'released',
      decidedBy: 'phil',
      comment: 'a known stent',
      isOpen: false,
    });
    expect(await held()).toEqual([]);
    expect(await indexed(capture!.sop_instance_uid!)).toHaveLength(1);
    expect((await owed()).map(({ sop_instance_uid: sop }) => sop)).toContain(capture!.sop_instance_uid);
    const again = await call('POST', at, PHYSICIST, { decision: 'rejected' });
    expect([again.status, ((await again.json()) as { error: { code: string } }).error.code]).toEqual([
      409,
      'QUALITY_DECIDED',
    ]);
    const audited = await auditOf('quality-decision');
    expect(audited).toHaveLength(1);
    expect(audited[0]!.entry).not.toContain('stent');
  });
});

describe('a layer that quality control holds back', () => {
  it('is on the list as well, with its picture, and becomes a result once it is released', async () => {
    const folder = await temporaryFolder('held-layer');
    const node = await startTestNode(
      path.join(folder.path, 'data'),
      `
security:
  tokens: [{ name: phil, token: ${PHYSICIST}, roles: [physicist] }]
routes:
  - name: all
    when: {}
    run: { pipeline: counting, parameters: { findings: 1, quality: [held] } }
    phase: production`,
    );
    try {
      const { db, archive, layers } = node.context;
      await takeIn(node.context.sink, testStudy('held layer', 2));
      const run = await eventually(
        async () => (await db.selectFrom('run').selectAll().where('state', '=', 'packaged').execute())[0],
      );
      const [capture] = await db
        .selectFrom('result')
        .selectAll()
        .where('held_phase', 'is not', null)
        .execute();
      const [entry] = await db.selectFrom('quality_entry').selectAll().execute();
      const bytes = await readFile(archive.artifacts.pathOf(capture!.sha256));
      // The same run, as if a reader had asked for it.
      await db.deleteFrom('quality_entry').execute();
      await db
        .insertInto('enhancement')
        .values({
          run_id: run.id,
          study_instance_uid: run.study_instance_uid,
          series_instance_uid: entry!.source_series_instance_uid,
          task: 'denoise',
          method: 'auto',
          asked_by: 'rita',
          asked_by_name: 'rita',
          expires_at: null,
          outcome: null,
          decided_by: null,
          decided_at: null,
        })
        .execute();
      const object = {
        output: 'enhanced',
        fileName: 'held/1.dcm',
        kind: 'dicom',
        bytes,
        isHeld: true,
      } as const;
      const picture = { output: 'quality', fileName: 'quality-1.png', kind: 'png', bytes } as const;
      const quality = {
        seriesInstanceUid: capture!.series_instance_uid!,
        sourceSeriesInstanceUid: entry!.source_series_instance_uid,
        description: 'abdomen',
        model: 'a@1',
        modality: 'CT',
        scanner: 'b',
        verdict: 'held',
        reasons: ['a structure that is not in the original'],
        figures: {},
        picture: 'quality-1.png',
        sampleShare: 0.05,
      } as const;
      const result = { objects: [object, picture], summary: {}, findings: [], quality: [quality] };
      expect(await parkRun({ db, archive, layers, lifetimeMinutes: 5 }, run, result)).toBe(true);
      const call = (at: string, body?: object) =>
        fetch(`${node.url}/api/${at}`, {
          method: body === undefined ? 'GET' : 'POST',
          headers: { Authorization: `Bearer ${PHYSICIST}`, 'Content-Type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
      const { entries } = QualityList.parse(await (await call('quality')).json());
      expect(entries).toMatchObject([{ verdict: 'held', asked: 'held', decision: 'waiting', picture: 1 }]);
      expect((await call(`runs/${run.id}/results/1`)).status).toBe(200);
      // The layer goes; what waits stays.
      await layers.remove(run.id);
      const indexed = () =>
        db
          .selectFrom('instance')
          .select('origin')
          .where('sop_instance_uid', '=', capture!.sop_instance_uid!)
          .execute();
      expect(await indexed()).toEqual([]);
      expect((await call(`quality/${entries[0]!.id}/decision`, { decision: 'released' })).status).toBe(200);
      expect(await indexed()).toEqual([{ origin: 'result' }]);
      // Asked for again, it is what it was: released.
      await parkRun({ db, archive, layers, lifetimeMinutes: 5 }, run, result);
      expect(QualityList.parse(await (await call('quality')).json()).entries).toMatchObject([
        { decision: 'released' },
      ]);
    } finally {
      await node.close();
      await folder.remove();
    }
  });
});

describe('the sample of what passed', () => {
  it('holds its share in each stratum, is the same again, and takes the first of each', () => {
    const drawn = { passed: 0, sampled: 0 };
    const chosen: boolean[] = [];
    for (let n = 0; n < 2000; n++) {
      const isOne = isSampled(`1.2.${n}`, '1.2.3', 0.05, drawn);
      chosen.push(isOne);
      drawn.passed++;
      if (isOne) drawn.sampled++;
    }
    expect(chosen[0]).toBe(true);
    expect(drawn.sampled / 2000).toBeGreaterThan(0.045);
    expect(drawn.sampled / 2000).toBeLessThan(0.07);
    expect(isSampled('1.2.7', '1.2.3', 0.05, { passed: 9, sampled: 1 })).toBe(chosen[7]);
    expect(isSampled('1.2.7', '1.2.3', 0, { passed: 0, sampled: 0 })).toBe(false);
  });
});

describe('what the list says of a model', () => {
  it('tells a figure that has drifted, and none where nothing has', () => {
    const entries = (shift: number) =>
      Array.from({ length: 90 }, (_, n) => ({
        model: 'a@1',
        modality: 'CT',
        verdict: 'passed' as const,
        figures: { sharpness: 0.95 + 0.01 * ((n * 7919) % 11) - (n >= 60 ? shift : 0), bias: 0.1 },
        at: new Date(Date.UTC(2026, 0, 1 + n)),
        scores: [],
      }));
    expect(summarise(entries(0))[0]!.drift).toEqual([]);
    const [model] = summarise(entries(0.1));
    expect(model!.drift.map(({ check }) => check)).toEqual(['sharpness']);
    expect(model!.months.map(({ month, passed }) => [month, passed])).toEqual([
      ['2026-01', 31],
      ['2026-02', 28],
      ['2026-03', 31],
    ]);
  });
});
