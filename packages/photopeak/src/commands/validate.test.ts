import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createVolume, writeNifti } from '@photopeak/imaging';
import { affineNetwork, manifestText } from '@photopeak/models/testing';
import { modelValidation } from '@photopeak/pipelines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

/** The physicist tries a network on images of the site from a terminal. */
describe('photopeak validate model', () => {
  let folder = '';
  const at = (...parts: string[]) => path.join(folder, ...parts);
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'photopeak-validate-'));
    for (const sub of ['cases', 'model']) await mkdir(at(sub));
    const direction = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
    const grid = { size: [24, 24, 5], spacingMm: [1, 1, 1], origin: [0, 0, 0], direction } as const;
    const data = Float32Array.from({ length: 24 * 24 * 5 }, (_, n) => n % 24);
    await writeFile(at('cases', 'one.nii.gz'), writeNifti(createVolume(grid, data, '1')));
    await writeFile(at('model', 'model.onnx'), affineNetwork(['n', 1, 'h', 'w'], 0.5));
    await writeFile(at('model', 'model.yaml'), manifestText().replace('modality: [CT]', 'modality: [MR]'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('writes the report, and prints what it writes as JSON', async () => {
    const out = at('report');
    const ran = await photopeak(
      ...['validate', 'model', at('model'), '--cases', at('cases'), '--against', at('model')],
      ...['--margin', 'psnr=0.3', '--out', out, '--json'],
    );
    expect(ran.code, ran.stderr).toBe(0);
    const text = await readFile(path.join(out, 'validation.json'), 'utf8');
    const validation = modelValidation.parse(JSON.parse(text));
    expect(JSON.parse(ran.stdout)).toEqual(JSON.parse(text));
    expect(validation.cases).toMatchObject([{ failure: null }]);
    expect(await readFile(path.join(out, 'report.html'), 'utf8')).toContain('<html');
  });

  it('says which option cannot be used', async () => {
    const wrong = await photopeak(
      'validate',
      'model',
      at('model'),
      '--cases',
      at('cases'),
      '--margin',
      'psnr',
    );
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('OPTION_INVALID: the value of --margin cannot be used');
  });
});
