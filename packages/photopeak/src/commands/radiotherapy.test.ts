import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Dataset,
  groupSeries,
  loadSeriesVolume,
  parsePart10,
  readSegmentation,
  readStructureSet,
  scanFolder,
  writePart10,
} from '@photopeak/dicom';
import { readNifti, writeNifti } from '@photopeak/imaging';
import { type PlanTruth, phantomPlan } from '@photopeak/phantom';
import { type DoseVolumes, doseVolumes } from '@photopeak/pipelines';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { writeTinyStudy } from '../testing/tiny-study.ts';

/** The head, on slices as thin as those of a planning CT. */
const HEAD = {
  ct: { size: [96, 96, 60], spacingMm: [5, 5, 3] },
  pet: { size: [32, 32, 20], spacingMm: [16, 16, 9] },
} as const;

let folder = '';
let ct = '';
let truth: PlanTruth;
const file = (name: string) => path.join(folder, name);

/** A small CT with a plan on it: two balls, dose in 16 and in 32 bit. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-plan-'));
  await writeTinyStudy(file('study'), { lesions: [], grids: HEAD });
  ct = path.join(folder, 'study', 'dicom', 'ct');
  const [series] = groupSeries((await scanFolder(ct)).instances);
  const { volume, slices } = await loadSeriesVolume(series!);
  await writeFile(file('ct.nii'), writeNifti(volume, { compress: false }));
  const ctHeaders: Dataset[] = slices.map(({ dataset }) => dataset);
  const middle = slices[Math.floor(slices.length / 2)]!.position[2];
  const targets = [
    { name: 'GTVp', centerMm: [10, -12, middle] as const, radiusMm: 24 },
    { name: 'GTVn', centerMm: [-50, 20, middle + 40] as const, radiusMm: 15 },
  ];
  for (const bits of [16, 32] as const) {
    const plan = phantomPlan({ ctHeaders, ctGrid: volume, targets, bits });
    truth = plan.truth;
    await writeFile(file(`dose${bits}.dcm`), writePart10({ dataset: plan.dose }));
    await writeFile(file('structures.dcm'), writePart10({ dataset: plan.structureSet }));
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('photopeak dvh', () => {
  it('computes what the closed form says, from 16 and from 32 bit, and agrees with the histogram of the dose', async () => {
    for (const bits of [16, 32]) {
      const run = await photopeak(
        'dvh',
        file(`dose${bits}.dcm`),
        file('structures.dcm'),
        '--metrics',
        'D95,D50,D2,V30',
        '--json',
      );
      const result = doseVolumes.parse(JSON.parse(run.stdout));
      const [first, second] = result.structures as [
        DoseVolumes['structures'][0],
        DoseVolumes['structures'][0],
      ];
      const ball = ((4 / 3) * Math.PI * 24 ** 3) / 1000;
      expect(first).toMatchObject({ name: 'GTVp', interpretedType: 'GTV', reason: null });
      expect(first.histogram!.volumeMl / ball).toBeCloseTo(1, 2);
      const doseAt = (share: number) => 60 / (1 + (Math.cbrt(share) * 24) ** 2 / truth.lengthMm ** 2);
      const value = (name: string) => first.histogram!.metrics.find((metric) => metric.name === name)!.value!;
      expect(Math.abs(value('D95%') - doseAt(0.95))).toBeLessThan(0.3);
      expect(Math.abs(value('D50%') - doseAt(0.5))).toBeLessThan(0.2);
      expect(Math.abs(value('D2%') - doseAt(0.02))).toBeLessThan(0.2);
      expect(value('V30Gy')).toBe(100);
      expect(first.written!.largestDifferencePercent).toBeLessThan(5);
      expect(first.written!.message).toContain('agrees');
      expect(second.written).toBeNull();
      expect(second.histogram!.meanGy).toBeLessThan(first.histogram!.meanGy);
    }
  });

  it('shows a table, chooses structures by name, and refuses what it cannot compute', async () => {
    const one = await photopeak('dvh', file('dose16.dcm'), file('structures.dcm'), '--structure', 'gtvp');
    expect(one.code, one.stderr).toBe(0);
    expect(one.stdout).toMatch(/GTVp .*agrees; up to/);
    expect(one.stdout).not.toMatch(/GTVn/);
    const none = await photopeak('dvh', file('dose16.dcm'), file('structures.dcm'), '--structure', 'Herz');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('DOSE_NO_STRUCTURE')]);
    const metric = await photopeak('dvh', file('dose16.dcm'), file('structures.dcm'), '--metrics', 'X9');
    expect([metric.code, metric.stderr]).toEqual([2, expect.stringContaining('DOSE_METRIC')]);
    const swapped = await photopeak('dvh', file('structures.dcm'), file('dose16.dcm'));
    expect([swapped.code, swapped.stderr]).toEqual([2, expect.stringContaining('OBJECT_KIND_UNEXPECTED')]);
  });

  it('does not lay structures of another frame of reference on the dose', async () => {
    const { dataset } = parsePart10(await readFile(file('dose16.dcm')));
    dataset.set('FrameOfReferenceUID', '2.25.5');
    await writeFile(file('elsewhere.dcm'), writePart10({ dataset }));
    const run = await photopeak('dvh', file('elsewhere.dcm'), file('structures.dcm'), '--json');
    expect(run.code).toBe(3);
    const { structures } = doseVolumes.parse(JSON.parse(run.stdout));
    for (const { histogram, reason } of structures) {
      expect(histogram).toBeNull();
      expect(reason).toContain('another frame of reference');
    }
  });
});

describe('photopeak contours', () => {
  it('turns structures into a segmentation and back, with the same voxels', async () => {
    const seg = await photopeak(
      'contours',
      file('structures.dcm'),
      '--to',
      'seg',
      '--images',
      ct,
      '--out',
      file('seg'),
    );
    expect(seg.code, seg.stderr).toBe(0);
    expect(seg.stdout).toMatch(/GTVp/);
    const back = await photopeak(
      'contours',
      file('seg/segmentation.dcm'),
      '--to',
      'rtstruct',
      '--images',
      ct,
      '--out',
      file('back'),
    );
    expect(back.code, back.stderr).toBe(0);
    const again = await photopeak(
      'contours',
      file('back/structures.dcm'),
      '--to',
      'seg',
      '--images',
      ct,
      '--out',
      file('again'),
    );
    expect(again.code, again.stderr).toBe(0);
    const [first, second] = await Promise.all(
      ['seg', 'again'].map(async (name) =>
        readSegmentation(parsePart10(await readFile(file(`${name}/segmentation.dcm`)))),
      ),
    );
    for (const number of [1, 2]) {
      expect(first!.voxelCount(number)).toBeGreaterThan(50);
      expect(second!.mask(number).data).toEqual(first!.mask(number).data);
    }
    const set = readStructureSet(parsePart10(await readFile(file('back/structures.dcm'))).dataset);
    expect(set.rois.map(({ name }) => name)).toEqual(['GTVp', 'GTVn']);
    expect(set.findings).toEqual([]);
  });

  it('writes NIfTI masks, with and without images', async () => {
    const plain = await photopeak(
      'contours',
      file('structures.dcm'),
      '--to',
      'nifti',
      '--out',
      file('nifti'),
    );
    expect(plain.code, plain.stderr).toBe(0);
    const mask = readNifti(await readFile(file('nifti/GTVp.nii.gz')));
    const millilitres =
      (mask.data as Uint8Array).reduce((sum, value) => sum + value, 0) * 0.001 * mask.spacingMm[2];
    expect(millilitres / (((4 / 3) * Math.PI * 24 ** 3) / 1000)).toBeCloseTo(1, 1);
  });

  it('says what it needs', async () => {
    const cases = [
      [['--to', 'seg'], 'CONTOURS_NO_IMAGES'],
      [['--to', 'rtstruct', '--images', ct], 'CONTOURS_TARGET'],
      [['--to', 'seg', '--images', ct, '--structure', 'Herz'], 'CONTOURS_NO_STRUCTURE'],
    ] as const;
    for (const [options, code] of cases) {
      const run = await photopeak('contours', file('structures.dcm'), ...options);
      expect([run.code, run.stderr]).toEqual([2, expect.stringContaining(code)]);
    }
  });
});

describeWithPeers('the plan and what is made of it, by other software', ['dciodvfy', 'plastimatch'], () => {
  it('has no error by dciodvfy', () => {
    for (const name of [
      'structures.dcm',
      'dose16.dcm',
      'dose32.dcm',
      'seg/segmentation.dcm',
      'back/structures.dcm',
    ]) {
      const errors = runPeer('dciodvfy', ['-new', file(name)])
        .output.split('\n')
        .filter((line) => line.startsWith('Error'));
      expect(errors, name).toEqual([]);
    }
  });

  it('has the volume that plastimatch fills, and the mean dose that it gives', async () => {
    // plastimatch fills the slices that a contour lies on, so the grid is that of the CT; the dose is brought to it.
    const steps = [
      [
        'convert',
        '--input',
        file('structures.dcm'),
        '--fixed',
        file('ct.nii'),
        '--output-prefix',
        file('masks'),
        '--prefix-format',
        'nii',
      ],
      ['convert', '--input-dose-img', file('dose32.dcm'), '--output-dose-img', file('dose.nii')],
      [
        'resample',
        '--input',
        file('dose.nii'),
        '--fixed',
        file('ct.nii'),
        '--output',
        file('dose-on-ct.nii'),
      ],
    ];
    for (const step of steps) {
      const run = runPeer('plastimatch', step);
      expect(run.status, run.output).toBe(0);
    }
    const mask = readNifti(await readFile(file('masks/GTVp.nii')));
    const values = readNifti(await readFile(file('dose-on-ct.nii')));
    let sum = 0;
    let count = 0;
    for (let n = 0; n < mask.data.length; n++) {
      if (mask.data[n] === 0) continue;
      sum += values.data[n]!;
      count++;
    }
    const run = await photopeak('dvh', file('dose32.dcm'), file('structures.dcm'), '--json');
    const { histogram } = doseVolumes.parse(JSON.parse(run.stdout)).structures[0]!;
    expect(Math.abs(sum / count - histogram!.meanGy)).toBeLessThan(0.3);
    expect((count * 5 * 5 * 3) / 1000 / histogram!.volumeMl).toBeCloseTo(1, 1);
  });
});
