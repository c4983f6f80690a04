import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseConfiguration, type RunningNode, startNode } from '@photopeak/server';
import { describeWithPeers } from '@photopeak/testing';
import { launchBrowser, SignInPage } from '@photopeak/workspace/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKSPACE_FOLDER } from './commands/node-options.ts';

const PATIENCE_MS = 120_000;

/** The administrator in a browser, on a real node. */
describeWithPeers('the editor of the routes', ['chromium'], () => {
  let folder = '';
  let node: RunningNode;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'photopeak-editor-'));
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
        expect(await editor.inputValue()).toContain('name: petct');
      } finally {
        await browser.close();
      }
    },
    PATIENCE_MS,
  );
});
