import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspection, measured, type PetctSummary, petctSummary } from '@photopeak/pipelines';
import { dataFile, describeWithData } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

const STUDY = dataFile('petct_ge_acrin042');
const SEGMENTATION = path.join(STUDY, 'SEG_7_504365', '0001_504366.dcm');

describeWithData('a real FDG PET/CT of a lung tumour', () => {
  let out = '';
  let summary: PetctSummary;

  beforeAll(async () => {
    out = await mkdtemp(path.join(tmpdir(), 'photopeak-acrin-'));
    const run = await photopeak('run', STUDY, '--out', out, '--json');
    expect(run.code, run.stderr).toBe(0);
    summary = petctSummary.parse(JSON.parse(run.stdout));
  }, 300_000);
  afterAll(() => rm(out, { recursive: true, force: true }));

  it('finds the tumour as a lesion and measures it', () => {
    const hottest = summary.lesions[0];
    expect(Math.abs((hottest?.suvMax ?? 0) - 42.217)).toBeLessThan(0.001);
    expect(hottest?.label).toContain('right lung');
    expect(hottest?.physiological).toBeNull();
  });

  it('takes the corrected PET and its CT; the scout and the uncorrected PET are refused with their reasons', () => {
    expect([summary.chosen.pet?.description, summary.chosen.ct?.description]).toEqual([
      'PET AC',
      'CT IMAGES',
    ]);
    const reasons = new Map(summary.chosen.rejected.map((one) => [one.description, one.reason]));
    expect(reasons.get('SCOUT')).toMatch(/scout/);
    expect(reasons.get('PET NAC')).toMatch(/PROPCNTS/);
    expect(summary.registration?.used).toBe('identity');
  });

  it('reports the foreign SUV factor that is wrong by a thousand', () => {
    const differing = summary.findings.filter(({ code }) => code === 'SUV_FOREIGN_FACTOR_DIFFERS');
    expect(differing.filter(({ message }) => message.includes('0.001 times ours'))).toHaveLength(1);
    expect(differing.find(({ message }) => message.includes('0.001 times ours'))?.message).toContain(
      '833548',
    );
  });

  it('outlines the organs in the scan, and says of the bladder that it is not in it', () => {
    const liver = summary.anatomy.find(({ name }) => name === 'liver');
    expect(liver?.volumeMl).toBeGreaterThan(1300);
    expect(liver?.volumeMl).toBeLessThan(1800);
    const names = summary.anatomy.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['heart', 'aorta', 'spleen', 'kidneyLeft', 'vertebraT8']));
    expect(summary.anatomyNotFound.find(({ name }) => name === 'bladder')?.reason).toContain('hips');
    const middle = summary.anatomyNotFound.find(({ name }) => name === 'lobeRightMiddle');
    expect(middle?.reason).toContain('CT does not show the');
  });

  it('inspects it with all factors of SUV', async () => {
    const { code, stdout } = await photopeak('inspect', STUDY, '--json');
    expect(code).toBe(0);
    const [study] = inspection.parse(JSON.parse(stdout)).studies;
    const pet = study?.series.find(({ role }) => role === 'pet');
    if (pet?.suv?.status !== 'ok') throw new Error('no SUV');
    expect(pet.suv.bw).toBeCloseTo(0.00042111007, 10);
    expect(pet.suv.lbm).toBeCloseTo(0.00032444, 8);
    expect(pet.suv.ibw).toBeCloseTo(0.000398713, 8);
    expect(pet.suv.bsa).toBeCloseTo(0.000100711, 8);
  });

  it('measures a segment of another writer as its voxels are', async () => {
    const { code, stdout, stderr } = await photopeak(
      'measure',
      STUDY,
      '--segmentation',
      SEGMENTATION,
      '--json',
    );
    expect(code, stderr).toBe(0);
    const result = measured.parse(JSON.parse(stdout));
    const tumour = result.segments.find(({ label }) => label === 'pt_segment_1');
    expect(tumour?.voxels).toBe(2548);
    expect(tumour?.max).toBeCloseTo(42.21738, 5);
    expect(tumour?.mean).toBeCloseTo(5.21608, 5);
    expect(tumour?.mtvMl).toBeCloseTo(183.092, 3);
    expect(tumour?.tlg).toBeCloseTo(955.0229, 3);
  });
});
