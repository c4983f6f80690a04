import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Dataset, UID, uidFrom, writePart10 } from '@photopeak/dicom';
import { parseConfiguration, type RunningNode, startNode } from '@photopeak/server';
import { describeWithPeers } from '@photopeak/testing';
import { launchBrowser, SignInPage } from '@photopeak/workspace/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKSPACE_FOLDER } from './commands/node-options.ts';
import { nodeFolder } from './testing/node-folder.ts';

const PATIENCE_MS = 120_000;

/** The administrator in a browser, on a real node whose share was not mounted. */
describeWithPeers('the page of the deliveries', ['chromium'], () => {
  let folder = '';
  let node: RunningNode;
  beforeAll(async () => {
    folder = await nodeFolder('deliveries');
    const text = `
http: { port: 0 }
dicom: { enabled: false }
logging: { level: error }
workflow: { workers: 0 }
archive: { reserveMegabytes: 0 }
studies: { quietSeconds: 1, afterAssociationSeconds: 0 }
delivery: { attempts: 1 }
destinations: [{ kind: folder, name: share, path: ${folder}/share, template: '{SOPInstanceUID}.dcm' }]
routes: [{ name: copy, deliver: [{ to: share, send: originals }] }]
`;
    node = await startNode({
      configuration: parseConfiguration(text, 'test', {}),
      dataFolder: path.join(folder, 'node'),
      workspaceFolder: WORKSPACE_FOLDER,
    });
  }, PATIENCE_MS);
  afterAll(async () => {
    await node?.close();
    await rm(folder, { recursive: true, force: true });
  }, PATIENCE_MS);

  const states = async () => {
    const rows = await node.context.db.selectFrom('outbox').select('state').orderBy('id').execute();
    return rows.map(({ state }) => state);
  };

  it(
    'shows what failed and why, tries one again and gives the other up',
    async () => {
      const sops = await receiveTwo(node);
      await expect.poll(states, { timeout: PATIENCE_MS }).toEqual(['failed', 'failed']);
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        const signIn = new SignInPage(page, node.url);
        await signIn.follow(node.signInToken ?? '');
        await signIn.setPassword('an administrator sends again');
        await page.getByRole('link', { name: 'Deliveries' }).click();
        await page.getByText('2 failed').waitFor();
        await page.getByText('DELIVERY_FOLDER_UNWRITABLE').first().waitFor();
        await mkdir(path.join(folder, 'share'));
        const rowOf = (sop: string) => page.getByRole('row').filter({ hasText: sop });
        await rowOf(sops[0]!).getByRole('button', { name: 'Try again' }).click();
        await expect.poll(states, { timeout: PATIENCE_MS }).toEqual(['acknowledged', 'failed']);
        await rowOf(sops[1]!).getByRole('button', { name: 'Give up' }).click();
        await page.getByText('Nothing failed.').waitFor();
        expect(await states()).toEqual(['acknowledged', 'given-up']);
        expect(await readdir(path.join(folder, 'share'))).toEqual([`${sops[0]}.dcm`]);
      } finally {
        await browser.close();
      }
    },
    PATIENCE_MS,
  );
});

async function receiveTwo({ context }: RunningNode): Promise<string[]> {
  const session = context.sink.open({ kind: 'folder', folder: 'test' });
  const sops = [1, 2].map((number) => uidFrom('deliveries test', String(number)));
  for (const [index, sop] of sops.entries()) {
    const dataset = Dataset.of({
      SOPClassUID: UID.CTImageStorage,
      SOPInstanceUID: sop,
      StudyInstanceUID: uidFrom('deliveries test', 'study'),
      SeriesInstanceUID: uidFrom('deliveries test', 'series'),
      Modality: 'CT',
      InstanceNumber: index + 1,
      PatientName: 'Curie^Marie',
      PatientID: 'P1',
    });
    const file = await session.begin();
    await file.write([writePart10({ dataset })]);
    await file.commit();
  }
  await session.close('complete');
  return sops;
}
