import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readFilePart10, readSegmentation, sct } from '@photopeak/dicom';
import { readNifti } from '@photopeak/imaging';
import type { AnatomyReport } from '@photopeak/pipelines';
import { dataFile, describeWithData } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

describeWithData('photopeak anatomy on a real CT of the upper belly', () => {
  let out = '';
  let report: AnatomyReport;
  beforeAll(async () => {
    out = await mkdtemp(path.join(tmpdir(), 'photopeak-anatomy-'));
    const run = await photopeak(
      'anatomy',
      dataFile('ct_ge_crlm1004_jpegls'),
      '--out',
      out,
      '--json',
      '--height',
      '1.75',
    );
    expect(run.code, run.stderr).toBe(0);
    report = JSON.parse(run.stdout) as AnatomyReport;
  }, 300_000);
  afterAll(() => rm(out, { recursive: true, force: true }));
  const structure = (name: string) => report.structures.find((one) => one.name === name);

  it('finds liver, spleen and kidneys in plausible sizes', () => {
    expect(structure('liver')?.volumeMl).toBeGreaterThan(1100);
    expect(structure('liver')?.volumeMl).toBeLessThan(1700);
    expect(structure('spleen')?.volumeMl).toBeGreaterThan(90);
    for (const name of ['kidneyRight', 'kidneyLeft']) expect(structure(name)?.volumeMl).toBeGreaterThan(60);
  });

  it('is less sure of what the scan cuts off, and says why what is not there was not found', () => {
    expect(structure('heart')?.confidence).toBeLessThan(0.6);
    expect(structure('heart')?.findings.join()).toContain('end of the scan');
    expect(structure('bladder')).toMatchObject({ number: null, confidence: 0 });
    expect(structure('bladder')?.findings.join()).toContain('the hips are not in the scan');
    expect(structure('brain')?.number).toBeNull();
  });

  it('measures muscle and fat at L3 with the index for the height', () => {
    const composition = report.bodyComposition!;
    expect(composition.muscleMm2).toBeGreaterThan(10_000);
    expect(composition.muscleIndexCm2PerM2).toBeCloseTo(composition.muscleMm2 / 100 / 1.75 ** 2, 6);
  });

  it('writes a SEG with codes whose segments are the values of the label map', async () => {
    const segmentation = await readSegmentation(readFilePart10(path.join(out, 'anatomy-seg.dcm')));
    const labels = readNifti(await readFile(path.join(out, 'anatomy.nii.gz')));
    const { number } = structure('liver')!;
    const liver = segmentation.segments.find((segment) => segment.number === number);
    expect(liver?.type?.value).toBe(sct.liver.value);
    const mask = await segmentation.mask(number!, { grid: labels });
    let differing = 0;
    for (let n = 0; n < mask.data.length; n++)
      if ((mask.data[n] !== 0) !== (labels.data[n] === number)) differing++;
    expect(differing).toBe(0);
  });
});

describe('photopeak anatomy', () => {
  it('says what is missing where there is no CT', async () => {
    const run = await photopeak('anatomy', '/nowhere/ct.nii.gz');
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('ANATOMY_NO_CT');
  });
});
