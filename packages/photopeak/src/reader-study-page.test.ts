import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createVolume, writeNifti } from '@photopeak/imaging';
import { affineNetwork, manifestText } from '@photopeak/models/testing';
import { parseConfiguration, type RunningNode, startNode } from '@photopeak/server';
import { describeWithPeers } from '@photopeak/testing';
import { launchBrowser, SignInPage } from '@photopeak/workspace/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKSPACE_FOLDER } from './commands/node-options.ts';
import { photopeak } from './testing/cli.ts';
import { nodeFolder } from './testing/node-folder.ts';

const PATIENCE_MS = 180_000;

/** A reader grades two arms in a browser, on a real node; the physicist analyses it. */
describeWithPeers('a reader study', ['chromium'], () => {
  let folder = '';
  let node: RunningNode;
  const at = (...parts: string[]) => path.join(folder, ...parts);
  beforeAll(async () => {
    folder = await nodeFolder('reader-study');
    for (const sub of ['cases', 'model']) await mkdir(at(sub));
    const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
    const grid = { size: [24, 24, 5], spacingMm: [1, 1, 1], origin: [0, 0, 0], direction } as const;
    for (const name of ['one', 'two']) {
      const data = Float32Array.from({ length: 24 * 24 * 5 }, (_, n) => (n % 24) * (name === 'one' ? 1 : 2));
      await writeFile(at('cases', `${name}.nii.gz`), writeNifti(createVolume(grid, data, '1')));
    }
    // Arm B is darker by far: whoever looks sees which side it is.
    await writeFile(at('model', 'model.onnx'), affineNetwork(['n', 1, 'h', 'w'], 0.2));
    await writeFile(at('model', 'model.yaml'), manifestText().replace('modality: [CT]', 'modality: [MR]'));
    const text =
      'http: { port: 0 }\ndicom: { enabled: false }\nlogging: { level: error }\nworkflow: { workers: 0 }\n';
    node = await startNode({
      configuration: parseConfiguration(text, 'test', {}),
      dataFolder: at('node'),
      workspaceFolder: WORKSPACE_FOLDER,
    });
  }, PATIENCE_MS);
  afterAll(async () => {
    await node?.close();
    await rm(folder, { recursive: true, force: true });
  }, PATIENCE_MS);

  it(
    'is read blind, locked case by case, and analysed',
    async () => {
      const data = ['--data', at('node')];
      const arms = ['--cases', at('cases'), '--b', at('model'), '--seed', '4'];
      expect((await photopeak('reader-study', 'create', 'sharp-or-not', ...arms, ...data)).stdout).toContain(
        '2 cases',
      );
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage({ viewport: { width: 1366, height: 480 } });
        const signIn = new SignInPage(page, node.url);
        await signIn.follow(node.signInToken ?? '');
        await signIn.setPassword('a reader grades pictures blind');
        await page.getByRole('link', { name: 'Reader studies' }).click();
        await page.getByRole('link', { name: /sharp-or-not/ }).click();
        const send = page.getByRole('button', { name: 'Send and lock' });
        for (const place of [1, 2]) {
          await page.getByText(`Case ${place} of 2.`).waitFor();
          const drawn = (plane: number) =>
            expect
              .poll(() =>
                page.locator(`canvas[data-drawn="true"][aria-label*="plane ${plane} of 5"]`).count(),
              )
              .toBe(2);
          await drawn(3);
          await page.keyboard.press('ArrowUp');
          await drawn(4);
          // The reader prefers the brighter picture; only its pixels say which it is.
          const brightness = (side: string) =>
            page.getByRole('img', { name: `${side} picture` }).evaluate((element) => {
              const canvas = element as HTMLCanvasElement;
              const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
              return data.reduce((sum, value) => sum + value, 0);
            });
          // Window and zoom are the same for both sides, and go back to where they began.
          const words = page.getByRole('status', { name: 'Window' });
          const before = [await words.textContent(), await brightness('left')];
          const box = (await page.getByRole('img', { name: 'left picture' }).boundingBox())!;
          await page.mouse.move(box.x + 60, box.y + 60);
          await page.mouse.down();
          await page.mouse.move(box.x + 60, box.y + 260);
          await page.mouse.up();
          await page.keyboard.press('+');
          expect(await words.textContent()).toContain('zoom 1.2');
          await expect.poll(() => brightness('left')).toBeLessThan(before[1] as number);
          if (process.env.READER_STUDY_SHOT !== undefined)
            await page.screenshot({ path: `${process.env.READER_STUDY_SHOT}-${place}-window.png` });
          await page.keyboard.press('0');
          await expect
            .poll(async () => [await words.textContent(), await brightness('left')])
            .toEqual(before);
          const better = (await brightness('left')) > (await brightness('right')) ? 'left' : 'right';
          expect(await send.isDisabled()).toBe(true);
          for (const side of ['left', 'right'] as const) {
            const grades = page.getByRole('group', { name: `Grade of the ${side} picture` });
            await grades.getByLabel(side === better ? '4 good' : '2 poor').check();
          }
          await page.getByRole('group', { name: 'Preference' }).getByLabel(better, { exact: true }).check();
          if (process.env.READER_STUDY_SHOT !== undefined)
            await page.screenshot({ path: `${process.env.READER_STUDY_SHOT}-${place}.png` });
          await send.click();
        }
        await page.getByText('All cases are read.').waitFor();
        const again = await page.evaluate(async () => {
          const response = await fetch('/api/reader-studies/sharp-or-not/cases/1', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ left: 1, right: 5, preference: 'right' }),
          });
          return [response.status, (await response.json()).error.code];
        });
        expect(again).toEqual([409, 'READER_STUDY_RATED']);
      } finally {
        await browser.close();
      }
      const { stdout } = await photopeak(
        'reader-study',
        'report',
        'sharp-or-not',
        '--out',
        at('report'),
        ...data,
      );
      expect(stdout).toContain('0 of 2 decided cases prefer B');
      const report = JSON.parse(await readFile(at('report', 'reader-study.json'), 'utf8'));
      expect(report.arms).toEqual({ a: 'original', b: 'model' });
      expect(report.readings.map((one: { a: number; b: number }) => [one.a, one.b])).toEqual([
        [4, 2],
        [4, 2],
      ]);
      expect(await readFile(at('report', 'reader-study.html'), 'utf8')).toContain('Agreement of readers');
      const audited = await node.context.db
        .selectFrom('audit')
        .select('entry')
        .where('entry', 'like', '%"reader-study:sharp-or-not"%')
        .execute();
      expect(audited).toHaveLength(4);
    },
    PATIENCE_MS,
  );
});
