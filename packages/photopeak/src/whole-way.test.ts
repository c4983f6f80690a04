import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  dcm,
  errorsOf,
  parsePart10,
  photopeak,
  type ReadGroup,
  readMeasurementReport,
  sameCode,
  sct,
  validate,
} from '@photopeak/dicom';
import { writePetctStudy } from '@photopeak/phantom';
import { type PetctSummary, petctSummary } from '@photopeak/pipelines';
import {
  parseConfiguration,
  type RunningNode,
  readAnchor,
  replayRun,
  startNode,
  verifyAudit,
} from '@photopeak/server';
import { describeWithPeers, type Orthanc, runPeer, spawnPeer, startOrthanc } from '@photopeak/testing';
import { launchBrowser, SignInPage, WorklistPage } from '@photopeak/workspace/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKSPACE_FOLDER } from './commands/node-options.ts';
import { nodeFolder } from './testing/node-folder.ts';
import { TINY_GRIDS } from './testing/tiny-study.ts';

const PASSWORD = 'a phantom reader signs';
const PATIENCE_MS = 300_000;

type BrowserPage = SignInPage['page'];

/** The modality sends, the node processes, the PACS receives, the reader decides and signs, the PACS receives again. */
describeWithPeers(
  'the whole way of a study',
  ['storescu', 'Orthanc', 'chromium', 'dciodvfy', 'dsrdump'],
  () => {
    let folder = '';
    let pacs: Orthanc;
    let node: RunningNode;

    beforeAll(async () => {
      folder = await nodeFolder('way');
      pacs = await startOrthanc(path.join(folder, 'pacs'));
      const configuration = parseConfiguration(
        [
          'http: { port: 0 }',
          'dicom: { port: 0 }',
          'logging: { level: error }',
          'studies: { quietSeconds: 5, afterAssociationSeconds: 1 }',
          `destinations: [{ kind: dimse, name: pacs, aeTitle: ORTHANC, host: 127.0.0.1, port: ${pacs.dicomPort} }]`,
          'routes: [{ name: petct, when: { modalities: [PT, CT] }, run: { pipeline: petct-oncology }, deliver: [{ to: pacs, send: all }] }]',
        ].join('\n'),
        'test',
        {},
      );
      node = await startNode({
        configuration,
        dataFolder: path.join(folder, 'node'),
        workspaceFolder: WORKSPACE_FOLDER,
      });
    }, PATIENCE_MS);

    afterAll(async () => {
      await node?.close();
      await pacs?.stop();
      await rm(folder, { recursive: true, force: true });
    }, PATIENCE_MS);

    const inPacs = async (modality: string): Promise<string[]> => {
      const response = await fetch(`${pacs.url}/tools/find`, {
        method: 'POST',
        body: JSON.stringify({ Level: 'Instance', Query: { Modality: modality } }),
      });
      return (await response.json()) as string[];
    };
    const eventually = async (holds: () => Promise<boolean>): Promise<void> => {
      const end = Date.now() + PATIENCE_MS;
      while (!(await holds())) {
        if (Date.now() > end) throw new Error('it did not come to that in time');
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    };

    /** Through the node's own interface: what the page does not let anyone do as well. */
    const addAndTakeBack = async (page: BrowserPage): Promise<void> => {
      const run = await node.context.db.selectFrom('run').select(['id', 'summary']).executeTakeFirstOrThrow();
      const [uptake] = petctSummary.parse(run.summary).physiologicalUptake;
      const at = `${node.url}/api/runs/${run.id}/decisions`;
      const headers = { Origin: node.url };
      const ids = async (response: { json(): Promise<unknown> }) =>
        ((await response.json()) as { decisions: { findingId: string }[] }).decisions.map(
          ({ findingId }) => findingId,
        );
      const findings = async () =>
        (await node.context.db.selectFrom('finding').select('id').execute()).map(({ id }) => id);
      const id = uptake!.trackingUid;
      const decide = (action: string) => page.request.post(at, { headers, data: { findingId: id, action } });
      expect(await findings()).not.toContain(id);
      expect(await ids(await decide('accept'))).toContain(id);
      expect(await findings()).toContain(id);
      expect(await ids(await page.request.delete(`${at}/${id}`, { headers }))).not.toContain(id);
      expect(await findings()).not.toContain(id);
      expect(await ids(await decide('accept'))).toContain(id);
      expect(await ids(await decide('reject'))).not.toContain(id);
      expect(await findings()).not.toContain(id);
      expect((await page.request.delete(`${at}/${id}`, { headers })).status()).toBe(200);
      expect((await page.request.delete(`${at}/1.2.3`, { headers })).status()).toBe(404);
      const actions = await node.context.db
        .selectFrom('decision')
        .select('action')
        .where('finding_id', '=', id)
        .orderBy('id')
        .execute();
      expect(actions.map(({ action }) => action)).toEqual(['accept', 'take-back', 'accept', 'reject']);
      const { rows } = await node.context.connection.pool.query<{ entry: string }>(
        'select entry from audit order by sequence',
      );
      const entries = rows.map(
        ({ entry }) => JSON.parse(entry) as { kind: string; detail: Record<string, unknown> },
      );
      const audited = entries.filter(({ kind, detail }) => kind === 'decision' && detail.finding === id);
      expect(audited.map(({ detail }) => detail.action)).toEqual(['accept', 'take-back', 'accept', 'reject']);
      expect(audited[0]?.detail.setAside).toBe(true);
    };

    it(
      'ends with a signed report in the PACS, each object once, and a chain that verifies',
      async () => {
        const written = await writePetctStudy({
          phantom: { seed: 11, lesions: 3, grids: TINY_GRIDS },
          folder: path.join(folder, 'study'),
          extras: ['localizer', 'nac'],
        });
        const originals = written.series.reduce((sum, { instances }) => sum + instances, 0);
        const dicom = node.dicom;
        if (dicom === null) throw new Error('the node does not listen');
        const sent = await spawnPeer('storescu', [
          '+sd',
          '+r',
          '-aec',
          dicom.aeTitle,
          dicom.host,
          String(dicom.port),
          written.dicomFolder,
        ]);
        expect(sent.status, sent.output.slice(-500)).toBe(0);

        await eventually(async () => (await inPacs('SR')).length === 1);
        await eventually(async () => (await inPacs('SEG')).length >= 2);
        expect((await inPacs('CT')).length + (await inPacs('PT')).length).toBe(originals);
        expect(await inPacs('REG')).toHaveLength(1);

        const browser = await launchBrowser();
        try {
          const page = await browser.newPage({ viewport: { width: 1366, height: 480 } });
          const signIn = new SignInPage(page, node.url);
          await signIn.follow(node.signInToken ?? '');
          await signIn.setPassword(PASSWORD);
          const worklist = new WorklistPage(page);
          await worklist.wait();
          const [patient] = await worklist.patients();
          const reading = await worklist.open(patient ?? '');
          await reading.lesions().first().waitFor({ timeout: PATIENCE_MS });
          await reading.reject('L1');
          await addAndTakeBack(page);
          // The reader shows what the AI took for physiological and makes two of it findings.
          await reading.press('p');
          await reading.add('P1');
          await reading.modify('P2', { name: 'Second look', site: 'Lymph node' });
          await reading.acceptAll();
          await reading.sign(PASSWORD);
          await reading.signature.waitFor({ timeout: PATIENCE_MS });
        } finally {
          await browser.close();
        }

        await eventually(async () => (await inPacs('SR')).length === 2);
        const files = await Promise.all(
          (await inPacs('SR')).map(
            async (id) =>
              new Uint8Array(await (await fetch(`${pacs.url}/instances/${id}/file`)).arrayBuffer()),
          ),
        );
        const reports = files.map((bytes) => {
          const { dataset } = parsePart10(bytes);
          return { bytes, dataset, ...readMeasurementReport(dataset) };
        });
        const signed = reports.find(({ isVerified }) => isVerified)!;
        const draft = reports.find(({ isVerified }) => !isVerified)!;
        expect(signed.predecessors.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([
          draft.sopInstanceUid,
        ]);

        const summary = petctSummary.parse(
          (await node.context.db.selectFrom('run').select('summary').executeTakeFirstOrThrow()).summary,
        );
        expectAddedUptake(summary, draft.groups, signed.groups);
        const segmentation = summary.objects.find(({ output }) => output === 'physiological-seg');
        expect(signed.evidence.map(({ sopInstanceUid }) => sopInstanceUid)).toContain(
          segmentation?.sopInstanceUid,
        );
        expect(draft.evidence.map(({ sopInstanceUid }) => sopInstanceUid)).not.toContain(
          segmentation?.sopInstanceUid,
        );
        expect(errorsOf(validate(signed.dataset, { inheritedFrom: draft.dataset }))).toEqual([]);
        const file = path.join(folder, 'signed.dcm');
        await writeFile(file, signed.bytes);
        expect(runPeer('dciodvfy', ['-new', file]).output).not.toMatch(/^Error/m);
        const dump = runPeer('dsrdump', ['+Pc', file]);
        expect(dump.status, dump.output).toBe(0);
        expect(dump.output).toContain('Second look');

        const { db, archive, dataFolder, pipelines } = node.context;
        const outcome = await verifyAudit(db, await readAnchor(dataFolder));
        expect(outcome.problems).toEqual([]);
        const run = await db.selectFrom('run').select('id').executeTakeFirstOrThrow();
        const replay = await replayRun({ db, archive, pipelines }, run.id);
        expect(replay.objects.filter(({ equal }) => !equal)).toEqual([]);
        expect(await readdir(dataFolder)).toContain('archive');
      },
      PATIENCE_MS * 2,
    );
  },
);

const measured = (group: ReadGroup | undefined, name: typeof dcm.suvBw, derivation?: typeof sct.maximum) =>
  group?.measurements.find(
    (one) => sameCode(one.name, name) && (derivation === undefined || sameCode(one.derivation, derivation)),
  )?.value;

/** P1 and P2 stand in the signed report as lesions do, the others not, L1 is gone, and the sums follow. */
function expectAddedUptake(
  summary: PetctSummary,
  draft: readonly ReadGroup[],
  signed: readonly ReadGroup[],
): void {
  const [first, second, ...others] = summary.physiologicalUptake;
  const groupOf = (groups: readonly ReadGroup[], uid: string | undefined) =>
    groups.find(({ trackingUid }) => trackingUid === uid);
  const segmentation = summary.objects.find(({ output }) => output === 'physiological-seg');
  const lesion = groupOf(draft, summary.lesions[0]?.trackingUid);
  for (const uptake of [first, second]) {
    const group = groupOf(signed, uptake?.trackingUid);
    expect(groupOf(draft, uptake?.trackingUid)).toBeUndefined();
    expect(group).toMatchObject({
      template: '1411',
      finding: sct.lesion,
      algorithm: lesion?.algorithm,
      observer: { kind: 'person' },
      regions: [
        { kind: 'segment', sopInstanceUid: segmentation?.sopInstanceUid, segments: [uptake?.segmentNumber] },
      ],
      sourceSeriesUids: [summary.chosen.pet?.seriesInstanceUid],
    });
    expect(measured(group, dcm.suvBw, sct.maximum)).toBe(uptake?.suvMax);
    expect(measured(group, dcm.suvBw, sct.mean)).toBe(uptake?.suvMean);
    expect(measured(group, dcm.metabolicVolume)).toBe(uptake?.mtvMl);
    expect(measured(group, dcm.totalLesionGlycolysis)).toBe(uptake?.tlgG);
    expect(group?.evaluations[0]?.value).toContain('added to the findings by the reader');
  }
  expect(groupOf(signed, first?.trackingUid)?.trackingId).toBe(first?.label);
  expect(groupOf(signed, second?.trackingUid)).toMatchObject({
    trackingId: 'Second look',
    sites: [{ site: sct.lymphNode }],
  });
  for (const { trackingUid } of [...others, summary.lesions[0]!]) {
    expect(groupOf(signed, trackingUid)).toBeUndefined();
  }
  const standing = [...summary.lesions.slice(1), first!, second!];
  const sums = (groups: readonly ReadGroup[]) =>
    groups.find(({ finding }) => sameCode(finding, photopeak.wholePatient));
  expect(measured(sums(draft), photopeak.numberOfLesions)).toBe(summary.lesions.length);
  expect(measured(sums(signed), photopeak.numberOfLesions)).toBe(standing.length);
  expect(measured(sums(signed), photopeak.totalMetabolicTumorVolume)).toBeCloseTo(
    standing.reduce((sum, { mtvMl }) => sum + mtvMl, 0),
    9,
  );
  expect(sums(signed)?.trackingUid).toBe(sums(draft)?.trackingUid);
}
