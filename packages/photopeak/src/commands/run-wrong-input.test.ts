import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Dataset, decodeFrames, parsePart10 } from '@photopeak/dicom';
import { type PetctSummary, petctSummary } from '@photopeak/pipelines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { copySeries, type Role, writeTinyStudy } from '../testing/tiny-study.ts';

let folder = '';
let study = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-wrong-input-'));
  study = path.join(folder, 'study');
  await writeTinyStudy(study, { style: 'siemens' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const below = (...parts: string[]) => path.join(folder, ...parts);

const input = (name: string, roles: readonly Role[], change?: (dataset: Dataset, role: Role) => void) =>
  copySeries(study, roles, below(name), change);

async function readSummary(out: string): Promise<PetctSummary> {
  return petctSummary.parse(JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8')));
}

const codes = ({ findings }: PetctSummary) => findings.map(({ code }) => code);

describe('a run on what is no study', () => {
  it('names an empty folder, a missing one, and one without DICOM', async () => {
    const empty = below('empty');
    const text = below('text');
    const nifti = below('nifti');
    for (const each of [empty, text, nifti]) await mkdir(each);
    await writeFile(path.join(text, 'README.txt'), 'no image here');
    await writeFile(path.join(nifti, 'pet.nii.gz'), 'anything');
    const out = ['--out', below('out-nothing')];
    const [onEmpty, onText, onNifti, onMissing] = await Promise.all([
      photopeak('run', empty, ...out, '--json'),
      photopeak('run', text, ...out),
      photopeak('run', nifti, ...out),
      photopeak('run', below('missing'), ...out),
    ]);
    expect(onEmpty.code).toBe(2);
    expect(JSON.parse(onEmpty.stdout).error.code).toBe('INPUT_EMPTY');
    expect(onEmpty.stderr).toContain('the folder is empty');
    expect([onText.code, onNifti.code, onMissing.code]).toEqual([2, 2, 2]);
    expect(onText.stderr).toMatch(/INPUT_EMPTY.*no usable DICOM.*1 × DICOM_NOT_DICOM/);
    expect(onNifti.stderr).toMatch(/INPUT_NIFTI.*photopeak measure/);
    expect(onMissing.stderr).toContain('DICOM_FOLDER_UNREADABLE');
  });

  it('names each option that cannot be used, before anything is read', async () => {
    const wrong: readonly (readonly string[])[] = [
      ['--threshold', 'guess'],
      ['--minimum-ml', 'little'],
      ['--minimum-ml', '-1'],
      ['--at', '2026-02-30T10:00:00'],
      ['--threads', '0'],
      ['--pipeline', 'nothing'],
    ];
    const results = await Promise.all(wrong.map((option) => photopeak('run', below('missing'), ...option)));
    for (const [index, { code, stderr }] of results.entries()) {
      expect(code, stderr).toBe(2);
      expect(stderr).toContain('OPTION_INVALID');
      expect(stderr).toContain(`where: ${wrong[index]?.[0]}`);
    }
    const unknown = await photopeak('run', study, '--unknown');
    expect([unknown.code, unknown.stderr.includes('--unknown')]).toEqual([2, true]);
  });

  it('says where results cannot be written', async () => {
    const file = below('a-file');
    await writeFile(file, '');
    const { code, stderr } = await photopeak('run', study, '--out', path.join(file, 'results'));
    expect(code).toBe(2);
    expect(stderr).toContain('OUTPUT_NOT_WRITABLE');
  });
});

describe('a run on part of a study', () => {
  it('delivers the anatomy of a CT without PET', async () => {
    const out = below('out-ct');
    const { code } = await photopeak('run', await input('ct-only', ['ct']), '--out', out);
    expect(code).toBe(3);
    expect((await readdir(out)).sort()).toEqual([
      'anatomy-seg.dcm',
      'composition-seg.dcm',
      'report.html',
      'summary.json',
    ]);
    const summary = await readSummary(out);
    expect(codes(summary)).toContain('PAIRING_NO_PET');
    expect(summary.anatomy.map(({ name }) => name)).toContain('lungLeft');
    expect(await readFile(path.join(out, 'report.html'), 'utf8')).toContain('no PET series was chosen');
  });

  it('shows a PET without CT and says that lesions were not sought', async () => {
    const out = below('out-pet');
    const { code } = await photopeak('run', await input('pet-only', ['pet']), '--out', out);
    expect(code).toBe(3);
    const summary = await readSummary(out);
    expect(codes(summary)).toEqual(expect.arrayContaining(['PAIRING_NO_CT', 'LESIONS_NOT_SOUGHT']));
    expect(summary.suv?.status).toBe('ok');
    expect((await readdir(out)).sort()).toEqual([
      'measurements-sr.dcm',
      'mip-capture.dcm',
      'report.html',
      'summary.json',
    ]);
  });

  it('refuses SUV without a weight and does not fuse different frames of reference unregistered, and still segments and draws', async () => {
    const without = await input('no-weight', ['ct', 'pet'], (dataset, role) => {
      dataset.delete('PatientWeight');
      if (role === 'pet') dataset.set('FrameOfReferenceUID', '2.25.123456789');
    });
    const out = below('out-no-weight');
    const { code, stdout, stderr } = await photopeak('run', without, '--out', out, '--json', '--nifti');
    expect(code).toBe(3);
    const summary = petctSummary.parse(JSON.parse(stdout));
    expect(stderr).toContain('LESIONS_NOT_SOUGHT');
    expect(summary.suv).toMatchObject({ status: 'refused', reason: expect.stringMatching(/weight/i) });
    expect(summary.lesions).toEqual([]);
    expect(codes(summary)).toContain('PAIRING_FRAMES_DIFFER');
    expect(summary.registration?.frameOfReferenceShared).toBe(false);
    expect(summary.registration?.used).not.toBe('identity');
    const isFused = summary.registration?.used === 'rigid';
    expect(codes(summary).includes('REGISTRATION_NOT_CONFIRMED')).toBe(!isFused);
    const names = (await readdir(out)).sort();
    expect(names.includes('registration.dcm')).toBe(isFused);
    expect(names).toEqual(expect.arrayContaining(['anatomy-seg.dcm', 'mip-capture.dcm', 'nifti']));
    expect(names).not.toContain('lesions-seg.dcm');
    // The projection is drawn in the unit of the image: neither blank nor black.
    const [frame] = await decodeFrames(parsePart10(await readFile(path.join(out, 'mip-capture.dcm'))));
    const samples = Array.from(frame?.data ?? []);
    const share = (test: (value: number) => boolean) => samples.filter(test).length / samples.length;
    expect(share((value) => value > 230)).toBeGreaterThan(0.2);
    expect(share((value) => value < 60)).toBeGreaterThan(0.01);
    expect(await readFile(path.join(out, 'report.html'), 'utf8')).toContain('no SUV: Bq/ml 0-');
  });
});

describe('a run on several patients', () => {
  const ofPatient = (id: string, studyUid: string, seriesUid: string) => (dataset: Dataset) => {
    dataset.set('PatientID', id);
    dataset.set('PatientName', id);
    dataset.set('StudyInstanceUID', studyUid);
    dataset.set('SeriesInstanceUID', seriesUid);
    dataset.set('SOPInstanceUID', `${dataset.text('SOPInstanceUID')}1`.slice(0, 64));
  };

  it('processes each study by itself', async () => {
    await input('patients/one', ['pet']);
    await input('patients/two', ['pet'], ofPatient('OTHER', '2.25.77', '2.25.78'));
    const out = below('out-patients');
    const { code, stdout } = await photopeak('run', below('patients'), '--out', out);
    expect(code).toBe(3);
    expect(stdout).toContain('INPUT_MIXED_PATIENTS');
    expect(stdout).not.toContain('OTHER');
    const studies = await readdir(out);
    expect(studies).toHaveLength(2);
    const summaries = await Promise.all(studies.map((name) => readSummary(path.join(out, name))));
    expect(new Set(summaries.map((summary) => summary.study.patientHash)).size).toBe(2);
  });

  it('processes nothing where one study holds two patients', async () => {
    const uid = parsePart10(await readFile(await anyFile('pet'))).dataset.text('StudyInstanceUID') ?? '';
    await input('one-study/one', ['pet']);
    await input('one-study/two', ['pet'], ofPatient('OTHER', uid, '2.25.79'));
    const out = below('out-one-study');
    const { code, stderr } = await photopeak('run', below('one-study'), '--out', out);
    expect(code).toBe(2);
    expect(stderr).toContain('INPUT_MIXED_PATIENTS');
    expect(await readdir(out)).toEqual([]);
    const inspected = await photopeak('inspect', below('one-study'), '--json');
    expect(inspected.code).toBe(3);
    expect(inspected.stdout).toContain('INPUT_MIXED_PATIENTS');
  });
});

async function anyFile(role: Role): Promise<string> {
  const series = path.join(study, 'dicom', role);
  return path.join(series, (await readdir(series))[0] ?? '');
}

describe('damaged files', () => {
  it('are named beside what could be used, and make an inspection partial', async () => {
    const mixed = await input('damaged', ['pet']);
    const whole = await readFile(await anyFile('nac'));
    await writeFile(path.join(mixed, 'cut.dcm'), whole.subarray(0, whole.length - 1000));
    await writeFile(path.join(mixed, 'notes.txt'), 'patient moved');
    await copyFile(await anyFile('pet'), path.join(mixed, 'twice.dcm'));
    const { code, stdout } = await photopeak('inspect', mixed, '--json');
    expect(code).toBe(3);
    const problems: { code: string; file: string }[] = JSON.parse(stdout).problems;
    expect(problems.map((problem) => [path.basename(problem.file), problem.code])).toEqual([
      ['cut.dcm', 'DICOM_TRUNCATED'],
      ['notes.txt', 'DICOM_NOT_DICOM'],
      ['twice.dcm', 'DICOM_DUPLICATE_INSTANCE'],
    ]);
    const run = await photopeak('run', mixed, '--out', below('out-damaged'));
    expect(run.stdout).toMatch(/not used: .*cut\.dcm: DICOM_TRUNCATED/);
    expect((await readSummary(below('out-damaged'))).chosen.pet?.instanceCount).toBe(79);
  });
});
