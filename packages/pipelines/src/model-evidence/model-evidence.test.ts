import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createVolume, type Grid, writeNifti } from '@photopeak/imaging';
import type { ModelManifest, ModelResult } from '@photopeak/models';
import { affineNetwork, manifestText } from '@photopeak/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compareResults,
  modelValidation,
  readerCases,
  validateModel,
  validationCsv,
  validationReport,
} from './index.ts';

const grid: Grid = {
  size: [16, 16, 2],
  spacingMm: [1, 1, 2],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const CASES = 6;

/** A square on a ground, the image with a ripple that differs from case to case, and the ground truth without. */
function scene(n: number) {
  const truth = Float32Array.from({ length: 512 }, (_, at) => (at % 16 > 4 && at % 16 < 11 ? 200 : 100));
  const image = truth.map((value, at) => value + (n + 1) * Math.sign(((at * 7) % 5) - 2));
  const volume = (data: Float32Array) => createVolume(grid, data, '1');
  return { truth: volume(truth), image: volume(image) };
}

let folder = '';
const at = (...parts: string[]) => path.join(folder, ...parts);

/** A network that adds so much to every voxel. */
async function packageThatAdds(version: string, constant: number): Promise<string> {
  const home = at(`model-${version}`);
  await mkdir(home, { recursive: true });
  await writeFile(path.join(home, 'model.onnx'), affineNetwork(['n', 1, 'h', 'w'], 1, constant));
  const text = manifestText().replace('1.0.0', version).replace('modality: [CT]', 'modality: [MR]');
  await writeFile(path.join(home, 'model.yaml'), text);
  return home;
}

/** A program that tells a number and gives no image. */
async function packageThatTells(version: string): Promise<string> {
  const home = at(`model-${version}`);
  await mkdir(home, { recursive: true });
  const script = `require('fs').writeFileSync(process.argv[1], '{"risk":0.5}')`;
  const command = JSON.stringify([process.execPath, '-e', script, '{output}']);
  const text = manifestText({
    runtime: `  kind: command\n  command: ${command}`,
    output: '  - { kind: scalar, values: [{ name: risk }] }',
  });
  await writeFile(
    path.join(home, 'model.yaml'),
    text.replace('1.0.0', version).replace('modality: [CT]', 'modality: [MR]'),
  );
  return home;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-evidence-'));
  for (const sub of ['cases', 'truth']) await mkdir(at(sub));
  for (let n = 0; n < CASES; n++) {
    const { truth, image } = scene(n);
    await writeFile(at('cases', `p${n}.nii.gz`), writeNifti(image));
    await writeFile(at('truth', `p${n}.nii.gz`), writeNifti(truth));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a model on the cases of a site', () => {
  it('is measured against the truth and against another version, case by case', async () => {
    const [model, against] = [await packageThatAdds('2.0.0', 3), await packageThatAdds('1.0.0', 0)];
    const inputs = {
      model,
      against,
      cases: at('cases'),
      reference: at('truth'),
      margins: { bias: 3.5, psnr: 0.1 },
    };
    const result = await validateModel(inputs);
    const { validation, pictures } = result;
    expect(modelValidation.parse(JSON.parse(JSON.stringify(validation)))).toEqual(validation);
    expect(validation.cases.map(({ id }) => id)).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5']);

    // What the network does is known: 3 more everywhere, beside the ripple of the case.
    const bias = validation.cases.map(({ measures }) => measures.find(({ measure }) => measure === 'bias')!);
    const ripple = scene(0);
    const own = ripple.image.data.reduce((sum, value, n) => sum + value - ripple.truth.data[n]!, 0) / 512;
    bias.forEach(({ value, against: other }, n) => {
      expect(value).toBeCloseTo(3 + (n + 1) * own, 3);
      expect(other).toBeCloseTo((n + 1) * own, 3);
    });
    const paired = (name: string) => validation.paired.find(({ measure }) => measure === name)!;
    expect(paired('bias').mean).toBeCloseTo(3, 4);
    expect(paired('bias').equivalence).toMatchObject({ isEquivalent: true, margin: 3.5 });
    // 3 grey values cost more decibels than a tenth, and all six cases agree on that: p = 2 / 2^6.
    expect(paired('psnr')).toMatchObject({ p: 0.03125, equivalence: { isEquivalent: false } });
    expect(paired('psnr').mean).toBeLessThan(-0.1);
    const difference = validation.cases[2]!.difference.find(({ measure }) => measure === 'mean')!;
    expect(difference.value).toBeCloseTo(3, 4);

    // The strongest ripple is the worst case, and its picture is there.
    expect(validation.worst).toEqual({ measure: 'psnr', cases: [6, 5, 4] });
    expect(pictures.map(({ number }) => number)).toEqual([6, 5, 4]);
    const page = validationReport(result);
    expect(page).toContain('Worst cases');
    expect(page).toContain('equivalent</span> Mean difference to the reference');
    expect(pictures[0]!.title).toMatch(/: original, 2\.0\.0, 1\.0\.0, reference, less reference; grey/);
    // Each case is a dot of each difference.
    expect(page.match(/<circle /g)).toHaveLength(CASES * validation.paired.length);
    expect(page).not.toMatch(/src="(?!data:)|href="http/);
    const lines = validationCsv(validation).trim().split('\r\n');
    expect(lines[0]).toContain('test-model@2.0.0,test-model@1.0.0');
    expect(lines.filter((line) => line.includes(',psnr,'))).toHaveLength(CASES);
    expect(validation.findings.map(({ code }) => code)).toEqual(['EVIDENCE_FEW_CASES']);

    const again = await validateModel({ ...inputs, seed: 1 });
    expect(again.validation.statistics).toEqual(validation.statistics);
  });

  it('tells cases that failed, and goes on', async () => {
    const home = await packageThatAdds('3.0.0', 0);
    // Fixed at 16 rows: the larger case does not fit.
    await writeFile(path.join(home, 'model.onnx'), affineNetwork(['n', 1, 16, 16]));
    const text = manifestText({ input: '  - { layout: NCHW, patch: [16, 16, 1] }' })
      .replace('modality: [CT]', 'modality: [MR]')
      .replace('timeoutSeconds: 600', 'timeoutSeconds: 60');
    await writeFile(path.join(home, 'model.yaml'), text);
    await mkdir(at('mixed'), { recursive: true });
    await writeFile(at('mixed', 'good.nii.gz'), writeNifti(scene(0).image));
    await writeFile(at('mixed', 'broken.nii.gz'), 'no image');
    const { validation } = await validateModel({ model: home, cases: at('mixed') });
    expect(validation.cases.map(({ failure }) => failure?.code ?? null)).toEqual([expect.any(String), null]);
    expect(validation.worst.cases).toEqual([1, 2]);
    expect(validation.findings[0]).toMatchObject({ code: 'EVIDENCE_CASES_FAILED', severity: 'error' });
    // What stands for the truth and is none ends its case, not the rest.
    await mkdir(at('numbers'), { recursive: true });
    await writeFile(at('numbers', 'good.json'), '{ "risk": 0.5');
    const spoilt = await validateModel({
      model: await packageThatTells('3.1.0'),
      cases: at('mixed'),
      reference: at('numbers'),
      runtime: { allowPrograms: true },
    });
    expect(spoilt.validation.cases[1]!.failure).toMatchObject({ code: 'EVIDENCE_REFERENCE_UNREADABLE' });
    await mkdir(at('empty'), { recursive: true });
    await expect(validateModel({ model: home, cases: at('empty') })).rejects.toMatchObject({
      code: 'EVIDENCE_NO_CASES',
    });
  });
});

describe('a case of a reader study', () => {
  it('shows a result or none: never the original in its place', async () => {
    const home = await packageThatAdds('4.0.0', 40);
    const runtime = { allowPrograms: true };
    const first = async (b: string) => {
      for await (const one of readerCases({ cases: at('cases'), b, runtime })) return one;
      throw new Error('no case');
    };
    const { id, a, b, display } = await first(home);
    expect([id, a.length, b.length]).toEqual(['p0', 2, 2]);
    // The whole range of values goes along, so that a reader can window.
    expect(display.range[0]).toBeLessThanOrEqual(display.window[0]);
    expect(display.range[1]).toBeGreaterThanOrEqual(display.window[1]);
    expect(b[0]).not.toEqual(a[0]);
    await expect(first(await packageThatTells('4.1.0'))).rejects.toMatchObject({
      code: 'READER_STUDY_NO_PICTURE',
    });
  });
});

describe('two versions on one image', () => {
  const code = (value: string) => ({ value, scheme: 'SCT', meaning: value });
  const labelled = (data: readonly number[]): ModelResult => ({
    kind: 'labels',
    labels: createVolume({ ...grid, size: [4, 2, 1] }, Uint16Array.from(data), '1'),
    confidence: {},
  });
  const manifest = (labels: Record<string, string>): Pick<ModelManifest, 'output'> => ({
    output: [
      {
        kind: 'labels',
        activation: 'softmax',
        threshold: 0.5,
        confidence: 'none',
        labels: Object.fromEntries(
          Object.entries(labels).map(([value, name]) => [value, { name, type: code(name) }]),
        ),
      },
    ],
  });

  it('are compared label by label, whatever their numbers', async () => {
    const differences = await compareResults(
      { manifest: manifest({ 1: 'Liver', 2: 'Spleen' }), results: [labelled([1, 1, 0, 0, 2, 2, 0, 0])] },
      { manifest: manifest({ 5: 'Liver', 6: 'Kidney' }), results: [labelled([5, 5, 5, 5, 0, 0, 0, 0])] },
      { modality: 'CT' },
    );
    expect(differences).toEqual([
      { name: 'dice', label: 'Liver', unit: '1', value: expect.closeTo(2 / 3, 6) },
      { name: 'volume', label: 'Liver', unit: 'mL', value: expect.closeTo(0.004, 6) },
    ]);
  });
});
