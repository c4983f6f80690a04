import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { contoursToMask } from '@photopeak/analysis';
import {
  type Dataset,
  errorsOf,
  groupSeries,
  loadSeriesVolume,
  parsePart10,
  readSegmentation,
  readStructureSet,
  scanFolder,
  sct,
  uidFrom,
  validate,
  writePart10,
} from '@photopeak/dicom';
import { phantomPlan } from '@photopeak/phantom';
import { type RadiotherapySummary, radiotherapySummary } from '@photopeak/pipelines';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { copySeries, writeTinyStudy } from '../testing/tiny-study.ts';

let folder = '';
let out = '';
let input = '';
let summary: RadiotherapySummary;
let lesion: { readonly centerCtMm: readonly number[]; readonly volumeMl: number };
/** Where the patient lay in the study from before, LPS mm. */
const MOVED = [12, -8, 20] as const;
const TARGET = [-40, 10, 0] as const;
const file = (name: string) => path.join(folder, name);
const read = async (name: string) => parsePart10(await readFile(path.join(out, name)));

async function planned(ct: string) {
  const [series] = groupSeries((await scanFolder(ct)).instances);
  const { volume, slices } = await loadSeriesVolume(series!);
  return { grid: volume, headers: slices.map(({ dataset }): Dataset => dataset) };
}

/** A PET/CT with a dose and a structure set of its own, and a CT from before with a plan on it. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-rt-'));
  const { truthFile } = await writeTinyStudy(file('study'), { style: 'ge' });
  lesion = JSON.parse(await readFile(truthFile, 'utf8')).lesions[0];
  input = await copySeries(file('study'), ['ct', 'pet'], file('input'));
  const now = await planned(path.join(file('study'), 'dicom', 'ct'));
  const middle = now.grid.origin[2] + (now.grid.size[2] / 2) * now.grid.spacingMm[2];
  const center = [TARGET[0], TARGET[1], Math.round(middle)] as const;
  const plan = phantomPlan({
    ctHeaders: now.headers,
    ctGrid: now.grid,
    targets: [{ name: 'Lung_R', centerMm: center, radiusMm: 30 }],
  });
  await writeFile(path.join(input, 'dose.dcm'), writePart10({ dataset: plan.dose }));
  await writeFile(path.join(input, 'own-structures.dcm'), writePart10({ dataset: plan.structureSet }));

  const renamed = (
    dataset: Dataset,
    ...keywords: readonly (
      | 'StudyInstanceUID'
      | 'SeriesInstanceUID'
      | 'SOPInstanceUID'
      | 'FrameOfReferenceUID'
    )[]
  ) => {
    for (const keyword of keywords) dataset.set(keyword, uidFrom('before', dataset.text(keyword) ?? ''));
  };
  const before = await copySeries(file('study'), ['ct'], file('before'), (dataset) => {
    renamed(dataset, 'StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'FrameOfReferenceUID');
    const position = dataset.numbers('ImagePositionPatient');
    dataset.set(
      'ImagePositionPatient',
      position.map((mm, axis) => mm + MOVED[axis]!),
    );
    dataset.set('StudyDate', '20240101');
  });
  const then = await planned(before);
  const earlier = phantomPlan({
    ctHeaders: then.headers,
    ctGrid: then.grid,
    targets: [
      {
        name: 'PTV_60',
        centerMm: center.map((mm, axis) => mm + MOVED[axis]!) as unknown as typeof center,
        radiusMm: 34,
      },
    ],
  });
  await writeFile(path.join(before, 'structures.dcm'), writePart10({ dataset: earlier.structureSet }));

  out = file('out');
  const run = await photopeak('run', 'radiotherapy-oar', input, '--prior', before, '--out', out);
  expect(run.code, run.stderr + run.stdout).toBe(0);
  expect(run.stdout).toMatch(/PTV_60\^prior/);
  summary = radiotherapySummary.parse(JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8')));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const structure = (name: string) => summary.structures.find((one) => one.name === name)!;

describe('photopeak run radiotherapy-oar', () => {
  it('outlines organs, lesions and what was planned before, with TG-263 names', async () => {
    const names = summary.structures.map(({ name }) => name);
    expect(names.slice(0, 6)).toEqual(['External', 'Lung_R', 'Lung_L', 'Lungs', 'Trachea', 'Bone']);
    expect(names).toEqual(expect.arrayContaining(['Liver', 'Heart', 'Brain']));
    expect(names.slice(-2)).toEqual(['zPET_1', 'PTV_60^prior']);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_^]{1,16}$/);
    expect(structure('External')).toMatchObject({ interpretedType: 'EXTERNAL', origin: 'anatomy' });
    expect(structure('Lung_L')).toMatchObject({
      interpretedType: 'ORGAN',
      type: sct.lung,
      laterality: sct.left,
    });
    expect(structure('zPET_1')).toMatchObject({ interpretedType: '', origin: 'lesion' });
    expect(structure('zPET_1').toCheck[0]).toContain('a target at all');
    expect(structure('Lungs').volumeMl).toBeCloseTo(
      structure('Lung_R').volumeMl + structure('Lung_L').volumeMl,
      -1,
    );
    const { dataset } = await read('structures.dcm');
    const set = readStructureSet(dataset);
    expect(set.findings).toEqual([]);
    expect(set.frameOfReferenceUids).toEqual([summary.chosen.ct.frameOfReferenceUid]);
    for (const [index, roi] of set.rois.entries()) {
      const told = summary.structures[index]!;
      expect(roi).toMatchObject({ number: told.number, name: told.name });
      expect(roi.contours).toHaveLength(told.contours);
      for (const { images } of roi.contours) expect(images).toHaveLength(1);
    }
    expect(dataset.text('ApprovalStatus')).toBe('UNAPPROVED');
  });

  it('writes contours that give back the voxels of the segmentation', async () => {
    const set = readStructureSet((await read('structures.dcm')).dataset);
    const segmentation = await readSegmentation(await read('structures-seg.dcm'));
    const [series] = groupSeries((await scanFolder(path.join(file('study'), 'dicom', 'ct'))).instances);
    const { volume: grid } = await loadSeriesVolume(series!);
    for (const [name, label] of [
      ['Lung_R', 'Right lung'],
      ['Lung_L', 'Left lung'],
      ['Trachea', 'Airways'],
      ['Liver', 'Liver'],
    ] as const) {
      const contours = set.rois.find((roi) => roi.name === name)!.contours;
      const { number } = segmentation.segments.find((segment) => segment.label === label)!;
      expect(contoursToMask(contours, grid).data, name).toEqual(segmentation.mask(number, { grid }).data);
    }
  });

  it('puts the lesion of the PET where it is in the CT', async () => {
    const set = readStructureSet((await read('structures.dcm')).dataset);
    const roi = set.rois.find(({ name }) => name === 'zPET_1')!;
    const centre = [0, 0, 0];
    let count = 0;
    for (const { points } of roi.contours) {
      for (let at = 0; at < points.length; at++) centre[at % 3]! += points[at]!;
      count += points.length / 3;
    }
    const off = centre.map((sum, axis) => sum / count - lesion.centerCtMm[axis]!);
    // Voxels of the PET are 8 × 8 × 10 mm here.
    expect(Math.hypot(...off)).toBeLessThan(6);
    const ratio = structure('zPET_1').volumeMl / lesion.volumeMl;
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(1.6);
  });

  it('carries the plan from before to where the patient lies now, and says how far that can be trusted', async () => {
    expect(summary.priors).toMatchObject([{ label: 'PLAN', used: true, structures: 1 }]);
    const matrix = summary.priors[0]!.matrix!;
    for (const [axis, mm] of MOVED.entries()) expect(Math.abs(matrix[4 * axis + 3]! + mm)).toBeLessThan(8);
    const set = readStructureSet((await read('structures.dcm')).dataset);
    const roi = set.rois.find(({ name }) => name === 'PTV_60^prior')!;
    const xs = roi.contours.flatMap(({ points }) => [...points].filter((_, at) => at % 3 === 0));
    const ys = roi.contours.flatMap(({ points }) => [...points].filter((_, at) => at % 3 === 1));
    const middle = (values: readonly number[]) => (Math.min(...values) + Math.max(...values)) / 2;
    expect(Math.abs(middle(xs) - TARGET[0])).toBeLessThan(3);
    expect(Math.abs(middle(ys) - TARGET[1])).toBeLessThan(3);
    const ball = ((4 / 3) * Math.PI * 34 ** 3) / 1000;
    expect(Math.abs(structure('PTV_60^prior').volumeMl / ball - 1)).toBeLessThan(0.05);
    expect(structure('PTV_60^prior').confidence).toBeLessThan(0.7);
    expect(structure('PTV_60^prior').toCheck[0]).toContain('carried over rigidly');
  });

  it('holds its own outline against that of the study, and believes it less where they differ', () => {
    const { agreement, confidence, toCheck } = structure('Lung_R');
    expect(agreement).toMatchObject({ setLabel: 'PLAN', name: 'Lung_R' });
    expect(agreement!.dice).toBeLessThan(0.5);
    expect(confidence).toBeCloseTo(agreement!.dice, 9);
    expect(toCheck.join()).toContain('overlaps only');
    expect(structure('Lung_L').agreement).toBeNull();
  });

  it('gives the dose that each structure gets', () => {
    const [dose] = structure('Lung_R').doses;
    expect(dose).toMatchObject({ summationType: 'PLAN' });
    expect(dose!.maximumGy).toBeLessThanOrEqual(60);
    expect(dose!.maximumGy).toBeGreaterThan(50);
    expect(dose!.meanGy).toBeLessThan(structure('PTV_60^prior').doses[0]!.meanGy);
    expect(dose!.coveredPercent).toBeGreaterThan(10);
  });

  it('shows a person what is to be checked', async () => {
    const report = await readFile(path.join(out, 'report.html'), 'utf8');
    expect(report).toContain('PTV_60^prior');
    expect(report).toContain('whether this uptake is a target at all');
    expect(report).toMatch(/<img alt="z -?\d/);
  });

  it('outlines the organs alone where there is only a CT, with holes as contours of their own', async () => {
    const again = file('again');
    const ctOnly = await copySeries(file('study'), ['ct'], file('ct-only'));
    const run = await photopeak('run', 'radiotherapy-oar', ctOnly, '--out', again, '--set', 'holes=xor');
    expect(run.code, run.stderr + run.stdout).toBe(0);
    const alone = radiotherapySummary.parse(
      JSON.parse(await readFile(path.join(again, 'summary.json'), 'utf8')),
    );
    expect(alone.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(new Set(alone.structures.map(({ origin }) => origin))).toEqual(new Set(['anatomy']));
    const set = readStructureSet(parsePart10(await readFile(path.join(again, 'structures.dcm'))).dataset);
    expect(new Set(set.rois.flatMap(({ contours }) => contours.map(({ type }) => type)))).toEqual(
      new Set(['CLOSEDPLANAR_XOR']),
    );
  });

  it('refuses a study without a planning CT', async () => {
    const petOnly = await copySeries(file('study'), ['pet'], file('pet-only'));
    const run = await photopeak('run', 'radiotherapy-oar', petOnly, '--out', file('none'));
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('RT_NO_PLANNING_CT')]);
  });
});

describeWithPeers('its objects by other software', ['dciodvfy', 'pydicom', 'plastimatch'], () => {
  const names = ['structures.dcm', 'structures-seg.dcm', 'captures.dcm'];

  it('have no error, by our own tables and by dciodvfy, and pydicom reads them', async () => {
    for (const name of names) {
      expect(errorsOf(validate((await read(name)).dataset)), name).toEqual([]);
      const { output } = runPeer('dciodvfy', ['-new', path.join(out, name)]);
      expect(
        output.split('\n').filter((line) => line.startsWith('Error')),
        name,
      ).toEqual([]);
    }
    const script =
      'import sys,pydicom\nd=pydicom.dcmread(sys.argv[1])\nprint(sum(len(c.ContourSequence) for c in d.ROIContourSequence))';
    const { output } = runPeer('python3', ['-c', script, path.join(out, 'structures.dcm')]);
    expect(Number(output)).toBe(summary.structures.reduce((sum, { contours }) => sum + contours, 0));
  });

  it('are filled by plastimatch to the volumes that the summary says', () => {
    const ct = path.join(file('study'), 'dicom', 'ct');
    const run = runPeer('plastimatch', [
      'convert',
      '--input',
      path.join(out, 'structures.dcm'),
      '--referenced-ct',
      ct,
      '--output-prefix',
      file('masks'),
      '--prefix-format',
      'nii',
    ]);
    expect(run.status, run.output).toBe(0);
    for (const name of ['Lung_R', 'Lung_L', 'External']) {
      const script =
        'import sys,numpy\nb=open(sys.argv[1],"rb").read()\nprint(int(numpy.frombuffer(b[352:],dtype=numpy.uint8).sum()))';
      const { output } = runPeer('python3', ['-c', script, path.join(file('masks'), `${name}.nii`)]);
      const millilitres = (Number(output) * 6.25 * 6.25 * 10) / 1000;
      expect(millilitres / structure(name).volumeMl, name).toBeCloseTo(1, 1);
    }
  });
});
