import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createVolume, readNifti, writeNifti } from '@photopeak/imaging';
import { affineNetwork, manifestText } from '@photopeak/models/testing';
import { modelTrial } from '@photopeak/pipelines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-model-'));
  await writeFile(path.join(folder, 'model.onnx'), affineNetwork(['n', 1, 'h', 'w'], 2, 0.5));
  await writeFile(path.join(folder, 'model.yaml'), manifestText());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('photopeak model test', () => {
  it('runs a foreign network by its model.yaml alone', async () => {
    const grid = {
      size: [6, 5, 4],
      spacingMm: [1, 1, 2],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    } as const;
    const image = createVolume(
      grid,
      Float32Array.from({ length: 120 }, (_, n) => n),
      '1',
    );
    const [input, out] = [`${folder}-in.nii.gz`, `${folder}-out`];
    await writeFile(input, writeNifti(image));
    const run = await photopeak('model', 'test', folder, input, '--out', out, '--json');
    expect(run.code, run.stderr).toBe(0);
    const trial = modelTrial.parse(JSON.parse(run.stdout));
    expect(trial).toMatchObject({
      model: { id: 'test-model', version: '1.0.0', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      runtime: { provider: 'cpu' },
      outputs: [{ kind: 'image', least: 0.5, most: 238.5, notFinite: 0 }],
    });
    const made = readNifti(await readFile(path.join(out, 'output-1-image.nii.gz')));
    expect([...made.data.slice(0, 3)]).toEqual([0.5, 2.5, 4.5]);
    await Promise.all([rm(input), rm(out, { recursive: true })]);
  });

  it('needs no image to see whether it runs, and says why one does not', async () => {
    const plain = await photopeak('model', 'test', folder);
    expect([plain.code, plain.stderr]).toEqual([0, '']);
    expect(plain.stdout).toMatch(/provider: cpu.*\nimage: 48 × 48 × 4, noise\ngave: image/);
    await writeFile(path.join(folder, 'model.yaml'), manifestText({ input: '  - layout: NCDHW' }));
    const refused = await photopeak('model', 'test', folder);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/MODEL_ONNX_REFUSED.*NCDHW/);
  });
});

describe('the models of a node', () => {
  it('are added, put in use and gone back to from the command line', async () => {
    const data = await mkdtemp(path.join(tmpdir(), 'photopeak-model-node-'));
    // As root the database runs under another account, which has to enter.
    await chmod(data, 0o755);
    const model = async (...args: string[]) => {
      const run = await photopeak('model', ...args, '--data', path.join(data, 'node'));
      expect(run.code, run.stderr).toBe(0);
      return run.stdout;
    };
    try {
      for (const version of ['1.0.0', '1.1.0']) {
        await writeFile(path.join(folder, 'model.yaml'), manifestText().replace('1.0.0', version));
        expect(await model('add', folder)).toMatch(new RegExp(`^test-model@${version} [0-9a-f]{64}`));
        expect(
          await model('promote', `test-model@${version}`, '--phase', 'research', '--modality', 'CT'),
        ).toBe(`test-model@${version} serves CT (research)\n`);
      }
      expect(await model('rollback', 'test-model', '--modality', 'CT')).toMatch(
        /^test-model@1\.0\.0 serves CT/,
      );
      const { models, placements, builtIn } = JSON.parse(await model('list', '--json'));
      expect(models.map(({ version }: { version: string }) => version)).toEqual(['1.0.0', '1.1.0']);
      expect(placements).toMatchObject([{ version: '1.0.0', reason: 'rolled back from 1.1.0' }]);
      expect(builtIn).toMatchObject([
        { id: 'network-ct', task: 'denoise', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { id: 'network-slices', task: 'super-resolution', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { id: 'network-metal', task: 'metal', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ]);
      const refused = await photopeak(
        'model',
        'remove',
        'test-model@1.1.0',
        '--data',
        path.join(data, 'node'),
      );
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('MODEL_IN_USE')]);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  }, 120_000);
});
