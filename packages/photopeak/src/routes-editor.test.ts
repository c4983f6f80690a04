import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Dataset, UID, uidFrom, writePart10 } from '@photopeak/dicom';
import { parseConfiguration, type RunningNode, startNode } from '@photopeak/server';
import { describeWithPeers } from '@photopeak/testing';
import { launchBrowser, SignInPage } from '@photopeak/workspace/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKSPACE_FOLDER } from './commands/node-options.ts';
import { nodeFolder } from './testing/node-folder.ts';

const PATIENCE_MS = 120_000;

/** The administrator in a browser, on a real node. */
describeWithPeers('the editor of the routes', ['chromium'], () => {
  let folder = '';
  let node: RunningNode;
  beforeAll(async () => {
    folder = await nodeFolder('editor');
    const text = `
http: { port: 0 }
dicom: { enabled: false }
logging: { level: error }
workflow: { workers: 0 }
routes: [{ name: petct, when: { modalities: [PT, CT] }, run: { pipeline: petct-oncology } }]
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

  it(
    'shows problems at their place while typing, saves a version, and goes back',
    async () => {
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        const signIn = new SignInPage(page, node.url);
        await signIn.follow(node.signInToken ?? '');
        await signIn.setPassword('an administrator writes routes');
        await page.getByRole('link', { name: 'Routes' }).click();
        const editor = page.getByRole('textbox', { name: 'Routes, as YAML' });
        await editor.waitFor();
        const save = page.getByRole('button', { name: 'Put in force' });
        await editor.fill('routes:\n  - name: nights\n    when: { attributes: { Modalty: PT } }\n');
        const problem = page.getByRole('list', { name: 'Problems' }).getByRole('button');
        await problem.waitFor();
        expect(await problem.textContent()).toContain('3:27');
        expect(await problem.textContent()).toContain('is Modality meant?');
        expect(await save.isDisabled()).toBe(true);
        await problem.click();
        await page.keyboard.press('Shift+End');
        await page.keyboard.type('Modality: PT } }');
        await page.getByText('can work').waitFor();
        await page.getByRole('textbox', { name: 'What changes, in a line' }).fill('PET only');
        await save.click();
        await expect.poll(() => node.context.configuration.routes[0]?.name).toBe('nights');
        await page.getByRole('button', { name: 'Versions' }).click();
        await page.getByText('PET only').waitFor();
        await page.getByRole('button', { name: 'What changed' }).first().click();
        await page.getByText('+ routes:').waitFor();
        await page.getByRole('button', { name: 'Go back to this' }).click();
        await expect.poll(() => node.context.configuration.routes[0]?.name).toBe('petct');
        await expect.poll(() => editor.inputValue()).toContain('name: petct');

        // The page of a study of which more was announced than came, with one from before.
        const uid = await announceMoreThanComes(node);
        await page.goto(`${node.url}/studies/${uid}`);
        await page.getByText('1 announced instance not here').waitFor();
        await page.getByText('Relevant: CT, 377 days before (rule follow-up, from vna)').waitFor();
      } finally {
        await browser.close();
      }
    },
    PATIENCE_MS,
  );
});

async function announceMoreThanComes({ context }: RunningNode): Promise<string> {
  const [study, series, sop] = ['study', 'series', 'instance'].map((name) => uidFrom('editor test', name));
  const dataset = Dataset.of({
    SOPClassUID: UID.CTImageStorage,
    SOPInstanceUID: sop,
    StudyInstanceUID: study,
    SeriesInstanceUID: series,
    Modality: 'CT',
    PatientName: 'Curie^Marie',
    PatientID: 'P1',
    StudyDate: '20261123',
  });
  const session = context.sink.open({ kind: 'folder', folder: 'test' });
  const file = await session.begin();
  await file.write([writePart10({ dataset })]);
  await file.commit();
  await session.close('complete');
  await context.db
    .insertInto('expectation')
    .values({
      study_instance_uid: study!,
      kind: 'ian',
      key: 'PACS',
      state: 'final',
      series: JSON.stringify([{ seriesInstanceUid: series, instances: [sop, `${sop}.1`] }]),
      instance_count: 2,
      told_by: 'PACS',
    })
    .execute();
  const { id } = await context.db
    .insertInto('prior_search')
    .values({
      subject: `study:${study}`,
      study_instance_uid: study!,
      patient_id: 'P1',
      state: 'done',
      order_id: null,
      last_error: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await context.db
    .insertInto('prior')
    .values({
      search_id: id,
      study_instance_uid: `${study}.1`,
      archive: 'vna',
      rule: 'follow-up',
      reason: 'CT, 377 days before',
      study_date: '20251111',
      modalities: ['CT'],
      instance_count: 3,
      last_error: null,
    })
    .execute();
  return study!;
}
