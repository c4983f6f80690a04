import { rm } from 'node:fs/promises';
import path from 'node:path';
import { LABEL_MAP_SEGMENTATION, UID } from '@photopeak/dicom';
import { petctSummary } from '@photopeak/pipelines';
import { parseConfiguration, type RunningNode, startNode } from '@photopeak/server';
import { describeWithPeers } from '@photopeak/testing';
import { launchBrowser, type ReadingPage, SignInPage, WorklistPage } from '@photopeak/workspace/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKSPACE_FOLDER } from './commands/node-options.ts';
import { nodeFolder } from './testing/node-folder.ts';
import { takeInFolder } from './testing/take-in-folder.ts';
import { TINY_GRIDS, writeTinyStudy } from './testing/tiny-study.ts';

const PASSWORD = 'a reader of label maps';
const TOKEN = 'a-long-token-for-the-tests';
const PATIENCE_MS = 180_000;
/** Of the PET, on whose grid the segments are. */
const VOXEL_ML = TINY_GRIDS.pet.spacingMm.reduce((product, mm) => product * mm, 1) / 1000;

/** What a route encodes as label maps is seen and edited like binary segments. */
describeWithPeers('label map segmentations in the workspace', ['chromium'], () => {
  let folder: string;
  let node: RunningNode;
  beforeAll(async () => {
    folder = await nodeFolder('label-map');
    const text = `
http: { port: 0 }
dicom: { enabled: false }
logging: { level: error }
archive: { reserveMegabytes: 0 }
security: { tokens: [{ name: test, token: ${TOKEN}, roles: [technologist] }] }
studies: { quietSeconds: 1, afterAssociationSeconds: 0 }
routes: [{ name: petct, run: { pipeline: petct-oncology, parameters: { segmentation: labelmap, captures: 0 } } }]`;
    node = await startNode({
      configuration: parseConfiguration(text, 'test', {}),
      dataFolder: path.join(folder, 'node'),
      workspaceFolder: WORKSPACE_FOLDER,
    });
    await writeTinyStudy(path.join(folder, 'study'));
    await takeInFolder(node, path.join(folder, 'study', 'dicom'));
  }, PATIENCE_MS);
  afterAll(async () => {
    await node?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'outlines the voxels of each segment, and findings are edited and signed',
    async () => {
      const { db } = node.context;
      const finished = () =>
        db.selectFrom('run').select(['id', 'summary']).where('state', '=', 'packaged').executeTakeFirst();
      await expect.poll(finished, { timeout: PATIENCE_MS }).toBeDefined();
      const run = (await finished())!;
      const made = await db.selectFrom('result').select('sop_class_uid').execute();
      const classes = made.map((row) => row.sop_class_uid);
      expect(classes).toContain(LABEL_MAP_SEGMENTATION);
      expect(classes).not.toContain(UID.SegmentationStorage);
      const summary = petctSummary.parse(run.summary);
      for (const [kind, regions] of [
        ['lesions', summary.lesions],
        ['physiological', summary.physiologicalUptake],
      ] as const) {
        const response = await fetch(`${node.url}/api/runs/${run.id}/labels/voxels?kind=${kind}`, {
          headers: { Authorization: `Bearer ${TOKEN}` },
        });
        const voxels = new Uint16Array(await response.arrayBuffer());
        expect(regions.length, kind).toBeGreaterThan(0);
        for (const { segmentNumber, mtvMl, label } of regions) {
          const count = voxels.reduce((sum, value) => sum + (value === segmentNumber ? 1 : 0), 0);
          expect(count * VOXEL_ML, label).toBeCloseTo(mtvMl, 6);
        }
      }

      const browser = await launchBrowser();
      try {
        const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
        const signIn = new SignInPage(page, node.url);
        await signIn.follow(node.signInToken ?? '');
        await signIn.setPassword(PASSWORD);
        const list = new WorklistPage(page);
        await list.wait();
        const [patient] = await list.patients();
        const reading = await list.open(patient ?? '');
        await reading.select('L1');
        await reading.waitForPictures();
        await expect.poll(() => outlined(reading), { timeout: PATIENCE_MS }).toBeGreaterThan(20);
        if (process.env.PHOTOPEAK_PICTURES !== undefined) {
          await page.screenshot({ path: path.join(process.env.PHOTOPEAK_PICTURES, 'label-map.png') });
        }
        await reading.press('o');
        await expect.poll(() => outlined(reading), { timeout: PATIENCE_MS }).toBe(0);
        await reading.press('o');
        await reading.press('p');
        await reading.add('P1');
        await reading.modify('L1', { name: 'Seen in a label map' });
        await reading.sign(PASSWORD);
        await reading.signature.waitFor({ timeout: PATIENCE_MS });
      } finally {
        await browser.close();
      }
    },
    PATIENCE_MS * 2,
  );
});

/** Pixels of the axial CT, which is grey, that have the blue of a draft's outline. */
function outlined(reading: ReadingPage): Promise<number> {
  return reading.pane('axial-ct').evaluate((pane) => {
    let count = 0;
    for (const layer of pane.querySelectorAll('canvas')) {
      const { width, height } = layer;
      if (width === 0 || height === 0) continue;
      const copy = new OffscreenCanvas(width, height).getContext('2d')!;
      copy.drawImage(layer, 0, 0);
      const { data } = copy.getImageData(0, 0, width, height);
      for (let at = 0; at < data.length; at += 4) if (data[at + 2]! - data[at]! > 60) count += 1;
    }
    return count;
  });
}
