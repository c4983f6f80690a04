import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parsePart10 } from '@photopeak/dicom';
import { affineNetwork, manifestText } from '@photopeak/models/testing';
import { enhancementSummary } from '@photopeak/pipelines';
import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EnhancementList, EnhancementMethods, VolumeGeometry } from '../api/contract.ts';
import type { RunningNode } from '../index.ts';
import { verifyAudit } from '../index.ts';
import {
  addModel,
  listComparisons,
  listDecidedRuns,
  openModelStore,
  type Promotion,
  promoteModel,
} from '../models/index.ts';
import { causesNow } from '../operations/alerts/causes.ts';
import { differencesOfStudies } from '../studies/completeness/differences.ts';
import { type TestInstance, testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';
import { createOrthanc, type Orthanc } from '../testing/orthanc.ts';
import { takeIn } from '../testing/take-in.ts';
import { sweepLayers } from './index.ts';

describeWithPeers('enhancement in its three places', ['Orthanc'], () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let orthanc: Orthanc;
  let node: RunningNode;
  beforeAll(async () => {
    folder = await temporaryFolder('enhancements');
    orthanc = await createOrthanc();
    await orthanc.start();
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
security:
  tokens: [{ name: reader, token: a-long-token-for-the-reader, roles: [reader] }]
enhancements: { lifetimeMinutes: 5, phase: assist, deliver: [pacs], quality: { limits: { bias: { hold: 99 } } } }
destinations:
  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${orthanc.dicomPort} }
routes:
  - name: before-the-pacs
    when: { source: { aeTitle: SCANNER } }
    deliver: [{ to: pacs, send: originals }]
  - name: enhanced-after
    when: { attributes: { StudyDescription: { contains: denoise } } }
    run:
      pipeline: enhancement
      parameters:
        rules:
          - { name: PET stays, when: { attributes: { Modality: PT } }, use: none }
          - { name: CT, when: { measures: { sliceThicknessMm: { atMost: 5 } } }, use: { method: median-filter } }
    phase: assist
    deliver: [pacs]
  - name: by-a-model
    when: { attributes: { StudyDescription: { contains: model } } }
    run:
      pipeline: enhancement
      parameters:
        rules:
          - { name: PET stays, when: { attributes: { Modality: PT } }, use: none }
          - { name: CT, use: { method: test-model } }
    phase: production
    deliver: [pacs]`,
    );
  }, 120_000);
  afterAll(async () => {
    await node?.close();
    await orthanc?.remove();
    await folder?.remove();
  });

  const study = (name: string, description: string) =>
    testStudy(name, 3).map((instance): TestInstance => {
      const text = Buffer.from(instance.bytes).toString('latin1');
      // The same length, so that nothing else of the file changes.
      const changed = text.replace('PET/CT whole body', description.padEnd('PET/CT whole body'.length));
      return { ...instance, bytes: Uint8Array.from(Buffer.from(changed, 'latin1')) };
    });

  const receive = (instances: readonly TestInstance[], callingAeTitle: string) =>
    takeIn(node.context.sink, instances, {
      kind: 'dimse',
      callingAeTitle,
      calledAeTitle: 'PHOTOPEAK',
      address: '127.0.0.1',
    });

  const stateOf = async (uid: string) =>
    (
      await node.context.db
        .selectFrom('study')
        .select('state')
        .where('study_instance_uid', '=', uid)
        .executeTakeFirst()
    )?.state;

  const call = (method: string, at: string, body?: unknown) =>
    fetch(`${node.url}/api/${at}`, {
      method,
      headers: {
        Authorization: 'Bearer a-long-token-for-the-reader',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it('before the PACS: it gets the originals at once and the enhanced series after', async () => {
    const instances = study('before', 'denoise before');
    await receive(instances, 'SCANNER');
    const present = await eventually(async () => {
      const found = await orthanc.instances();
      return found.size === 6 + 3 + 1 && found;
    });
    for (const { sop } of instances) expect(present.get(sop)).toBe(1);
    const made = [...present.keys()].filter((sop) => instances.every((one) => one.sop !== sop));
    const headers = await Promise.all(made.map(async (sop) => parsePart10(await orthanc.file(sop)).dataset));
    expect(headers.map((header) => header.text('Modality')).sort()).toEqual(['CT', 'CT', 'CT', 'SR']);
    for (const header of headers) {
      expect(header.text('StudyInstanceUID')).toBe(instances[0]!.study);
      expect(header.text('ContentQualification')).toBeUndefined();
    }
    // There is nothing to accept or to sign in images.
    expect(await eventually(async () => (await stateOf(instances[0]!.study)) === 'complete')).toBe(true);
  }, 120_000);

  it('beside the PACS: what it sends comes back enhanced, and nothing else', async () => {
    const before = (await orthanc.instances()).size;
    const instances = study('beside', 'denoise beside');
    await receive(instances, 'ORTHANC');
    const present = await eventually(async () => {
      const found = await orthanc.instances();
      return found.size >= before + 4 && found;
    });
    expect(present.size).toBe(before + 4);
    for (const { sop } of instances) expect(present.has(sop)).toBe(false);
  }, 120_000);

  it('on demand: a reader asks, looks, drops or keeps; only what is kept is a result', async () => {
    const instances = study('demand', 'as it is');
    const uid = instances[0]!.study;
    const { series } = instances.find((one) => one.series !== instances.at(-1)!.series)!;
    await receive(instances, 'WORKSTATION');
    await eventually(async () => (await stateOf(uid)) === 'complete');
    const { methods } = EnhancementMethods.parse(await (await call('GET', 'enhancement-methods')).json());
    expect(methods.map(({ id }) => id)).toContain('median-filter');
    const ask = async () => {
      const answer = await call('POST', `studies/${uid}/enhancements`, {
        seriesInstanceUid: series,
        task: 'denoise',
        method: 'median-filter',
      });
      expect(answer.status).toBe(202);
      return ((await answer.json()) as { runId: string }).runId;
    };
    const list = async () =>
      EnhancementList.parse(await (await call('GET', `studies/${uid}/enhancements`)).json()).enhancements;
    const there = () =>
      eventually(async () => (await list()).find(({ state }) => state === 'there' || state === 'failed'));
    const inIndex = async () =>
      (
        await node.context.db
          .selectFrom('instance')
          .select('sop_instance_uid')
          .where('study_instance_uid', '=', uid)
          .where('origin', '=', 'result')
          .execute()
      ).length;

    const runId = await ask();
    const layer = await there();
    expect(layer).toMatchObject({ runId, state: 'there', method: 'median-filter@1.0.0', phase: 'assist' });
    const { parameters } = await node.context.db
      .selectFrom('run')
      .select('parameters')
      .where('id', '=', runId)
      .executeTakeFirstOrThrow();
    expect(parameters).toMatchObject({ quality: { limits: { bias: { hold: 99 } }, trials: false } });
    const geometry = VolumeGeometry.parse(await (await fetchLayer(layer.geometryHref!)).json());
    expect(geometry.size).toEqual([16, 16, 3]);
    const voxels = await (await fetchLayer(geometry.voxelsHref)).arrayBuffer();
    expect(voxels.byteLength).toBe(geometry.byteLength);
    expect(await inIndex()).toBe(0);
    expect(await stateOf(uid)).toBe('complete');

    expect((await call('DELETE', `enhancements/${runId}`)).status).toBe(204);
    expect(await list()).toEqual([]);
    expect((await call('GET', `enhancements/${runId}/geometry`)).status).toBe(404);
    expect((await call('POST', `enhancements/${runId}/keep`)).status).toBe(409);

    expect(await ask()).toBe(runId);
    await there();
    const delivered = (await orthanc.instances()).size;
    expect((await call('POST', `enhancements/${runId}/keep`)).status).toBe(204);
    expect(await list()).toEqual([]);
    expect(await inIndex()).toBe(4);
    await eventually(async () => (await orthanc.instances()).size === delivered + 4);
    expect(await stateOf(uid)).toBe('complete');

    const wrong = await call('POST', `studies/${uid}/enhancements`, {
      seriesInstanceUid: series,
      task: 'speckle',
      method: 'no-such-model',
    });
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain('no-such-model');
    expect((await verifyAudit(node.context.db, undefined)).problems).toEqual([]);
  }, 180_000);

  const fetchLayer = (href: string) =>
    fetch(`${node.url}${href}`, { headers: { Authorization: 'Bearer a-long-token-for-the-reader' } });

  it('a layer that nobody keeps goes when its time is over', async () => {
    const instances = study('expiring', 'as it is');
    const uid = instances[0]!.study;
    await receive(instances, 'WORKSTATION');
    await eventually(async () => (await stateOf(uid)) === 'complete');
    await call('POST', `studies/${uid}/enhancements`, {
      seriesInstanceUid: instances[0]!.series,
      task: 'denoise',
      method: 'median-filter',
    });
    await eventually(async () => (await node.context.layers.list()).length === 1);
    const later = new Date(Date.now() + 6 * 60_000);
    await eventually(async () => (await sweepLayers(node.context, later)) === 1);
    expect(await node.context.layers.list()).toEqual([]);
    const rows = await node.context.db
      .selectFrom('enhancement')
      .select(['run_id', 'outcome'])
      .where('study_instance_uid', '=', uid)
      .execute();
    expect(rows).toMatchObject([{ outcome: 'expired' }]);

    // One that failed is no difference of the study, and nobody is called for it.
    const { db } = node.context;
    await db.updateTable('run').set({ state: 'failed' }).where('id', '=', rows[0]!.run_id).execute();
    const differences = await differencesOfStudies(db, [{ study_instance_uid: uid, missing_instances: 0 }]);
    expect(differences.get(uid)).toBeUndefined();
    expect((await causesNow(db, [], 'node', 3)).map(({ subject }) => subject)).not.toContain(rows[0]!.run_id);
  }, 120_000);

  it('by a model in use with a candidate in shadow: one reaches the PACS, both are compared', async () => {
    const { db, archive } = node.context;
    const context = {
      db,
      store: openModelStore(archive),
      trustedKeys: [],
      requireSignature: false,
      actor: 'tests',
    };
    for (const [version, added] of [
      ['1.0.0', 1],
      ['1.1.0', 3],
    ] as const) {
      const home = path.join(folder.path, version);
      await mkdir(home);
      await writeFile(path.join(home, 'model.onnx'), affineNetwork(['n', 1, 'h', 'w'], 1, added));
      await writeFile(path.join(home, 'model.yaml'), manifestText().replace('1.0.0', version));
      await addModel(context, home);
    }
    const promote = (version: string, more: Partial<Promotion>) =>
      promoteModel(context, { id: 'test-model', version, phase: 'assist', ...more });
    /** What became of a study that came, once its run is over. */
    const processed = async (name: string) => {
      const instances = study(name, 'by the model');
      const uid = instances[0]!.study;
      await receive(instances, 'WORKSTATION');
      const run = await eventually(() =>
        db
          .selectFrom('run')
          .selectAll()
          .where('study_instance_uid', '=', uid)
          .where('state', 'in', ['packaged', 'delivered', 'failed'])
          .executeTakeFirst(),
      );
      expect(run.error).toBeNull();
      const results = await db.selectFrom('result').selectAll().where('run_id', '=', run.id).execute();
      const summary = enhancementSummary.parse(run.summary);
      return { uid, instances, run, results, used: summary.series.map(({ method }) => method.version) };
    };
    const sent = async () => new Set((await orthanc.instances()).keys());

    await promote('1.0.0', { candidate: { version: '1.1.0', mode: 'shadow' } });
    const before = await sent();
    const first = await processed('shadowed');
    expect(first.used).toEqual(['1.0.0']);
    const comparison = await eventually(async () => (await listComparisons(db, 'test-model'))[0]);
    expect(comparison).toMatchObject({
      studyInstanceUid: first.uid,
      version: '1.0.0',
      candidate: '1.1.0',
      failure: null,
    });
    expect(comparison.differences.find(({ name }) => name === 'mean')!.value).toBeCloseTo(2, 5);
    const dicom = first.results.filter(({ kind }) => kind === 'dicom').length;
    expect(dicom).toBe(4);
    const after = await eventually(async () => {
      const now = await sent();
      return now.size >= before.size + dicom && now;
    });
    // Of the candidate there is nothing: neither there, nor in the archive of the node.
    const added = [...after].filter((sop) => !before.has(sop));
    expect(added).toHaveLength(dicom);
    const made = await db
      .selectFrom('instance')
      .select('sop_instance_uid')
      .where('study_instance_uid', '=', first.uid)
      .where('origin', '=', 'result')
      .execute();
    expect(new Set(made.map((one) => one.sop_instance_uid))).toEqual(new Set(added));

    // A canary in research: nothing leaves the node, though the route is one of production.
    const canary = { version: '1.1.0', mode: 'canary', share: 0.999 } as const;
    await promote('1.0.0', { phase: 'research', candidate: canary });
    const second = await processed('canary');
    expect(second.used).toEqual(['1.1.0']);
    const deliveries = await db
      .selectFrom('outbox')
      .select('sop_instance_uid')
      .where('run_id', '=', second.run.id)
      .execute();
    expect(deliveries).toEqual([]);

    // Who takes a version back finds what it had served, and where that went.
    expect(await listDecidedRuns(db, 'test-model', '1.0.0')).toMatchObject([
      {
        runId: first.run.id,
        studyInstanceUid: first.uid,
        phase: 'production',
        sent: dicom,
        acknowledged: dicom,
      },
    ]);
    expect(await listDecidedRuns(db, 'test-model', '1.1.0')).toMatchObject([
      { runId: second.run.id, sent: 0 },
    ]);
    expect((await verifyAudit(db, undefined)).problems).toEqual([]);
  }, 180_000);
});
