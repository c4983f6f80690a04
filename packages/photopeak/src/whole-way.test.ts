import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePart10, readMeasurementReport } from '@photopeak/dicom';
import { writePetctStudy } from '@photopeak/phantom';
import {
  parseConfiguration,
  type RunningNode,
  readAnchor,
  replayRun,
  startNode,
  verifyAudit,
} from '@photopeak/server';
import { describeWithPeers, type Orthanc, spawnPeer, startOrthanc } from '@photopeak/testing';
import { launchBrowser, SignInPage, WorklistPage } from '@photopeak/workspace/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKSPACE_FOLDER } from './commands/node-options.ts';

const PASSWORD = 'a phantom reader signs';
const PATIENCE_MS = 300_000;

/** The modality sends, the node processes, the PACS receives, the reader decides and signs, the PACS receives again. */
describeWithPeers('the whole way of a study', ['storescu', 'Orthanc', 'chromium'], () => {
  let folder = '';
  let pacs: Orthanc;
  let node: RunningNode;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'photopeak-way-'));
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

  it(
    'ends with a signed report in the PACS, each object once, and a chain that verifies',
    async () => {
      const written = await writePetctStudy({
        phantom: { seed: 11, lesions: 3, grids: COARSE },
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
        const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
        const signIn = new SignInPage(page, node.url);
        await signIn.follow(node.signInToken ?? '');
        await signIn.setPassword(PASSWORD);
        const worklist = new WorklistPage(page);
        await worklist.wait();
        const [patient] = await worklist.patients();
        const reading = await worklist.open(patient ?? '');
        await reading.lesions().first().waitFor({ timeout: PATIENCE_MS });
        await reading.reject('L1');
        await reading.acceptAll();
        await reading.sign(PASSWORD);
        await reading.signature.waitFor({ timeout: PATIENCE_MS });
      } finally {
        await browser.close();
      }

      await eventually(async () => (await inPacs('SR')).length === 2);
      const reports = await Promise.all(
        (await inPacs('SR')).map(async (id) => {
          const bytes = new Uint8Array(await (await fetch(`${pacs.url}/instances/${id}/file`)).arrayBuffer());
          return readMeasurementReport(parsePart10(bytes).dataset);
        }),
      );
      const signed = reports.find(({ isVerified }) => isVerified);
      const draft = reports.find(({ isVerified }) => !isVerified);
      expect(signed?.predecessors.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([
        draft?.sopInstanceUid,
      ]);

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
});

/** Whole body with large voxels: seconds instead of minutes. */
const COARSE = {
  ct: { size: [96, 96, 122], spacingMm: [5.2, 5.2, 8] },
  pet: { size: [80, 80, 122], spacingMm: [6, 6, 8] },
} as const;
