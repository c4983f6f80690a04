import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  deformPoint,
  parsePart10,
  readMeasurementReport,
  readRegistration,
  readSegmentation,
} from '@photopeak/dicom';
import { type PetmrTruth, writePetmrStudy } from '@photopeak/phantom';
import { type PetmrSummary, petmrSummary } from '@photopeak/pipelines';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-petmr-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(input: string, out: string): Promise<PetmrSummary> {
  const ran = await photopeak('run', 'petmr', input, '--out', out, '--captures', '1');
  expect([0, 3], ran.stderr).toContain(ran.code);
  return petmrSummary.parse(JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8')));
}

describe('a reader with an FDG PET/MR of the whole body', () => {
  let truth: PetmrTruth;
  let summary: PetmrSummary;
  let out = '';
  beforeAll(async () => {
    const study = await writePetmrStudy({
      folder,
      sequences: ['attenuation', 'inPhase', 'fat', 'water', 'adc'],
      phantom: {
        seed: 5201,
        respiratoryMismatchMm: 20,
        lesions: [
          { kind: 'liver', site: 'right lobe of liver, posterior', radiusMm: 17, suv: 12 },
          { kind: 'lung', site: 'right upper lobe', radiusMm: 15, suv: 10 },
        ],
        grids: {
          mr: { size: [92, 92, 122], spacingMm: [5.4, 5.4, 8] },
          pet: { size: [72, 72, 122], spacingMm: [7, 7, 8] },
        },
      },
    });
    truth = study.phantom.truth;
    out = path.join(folder, 'out');
    summary = await run(study.dicomFolder, out);
  }, 600_000);

  it('is not shown the attenuation map as anatomy', () => {
    expect(summary.chosen.mr?.description).toContain('DIXON_in');
    const map = summary.chosen.sequences.find(({ role }) => role === 'attenuation map');
    expect(map).toMatchObject({ use: 'not used' });
  });

  it('finds both lesions in their places, and brain and bladder set aside', () => {
    for (const lesion of truth.lesions) {
      const found = summary.lesions.filter(
        ({ maximumPosition }) =>
          Math.hypot(...maximumPosition.map((mm, axis) => mm - lesion.centerPetMm[axis]!)) <
          lesion.radiusMm + 7,
      );
      expect(found, lesion.site).toHaveLength(1);
    }
    const aside = summary.physiologicalUptake.map(({ physiological }) => physiological?.kind);
    expect(aside).toContain('brain');
    expect(aside).toContain('bladder');
  });

  it('gets the ADC inside a lesion to 15 %, in its unit', () => {
    const [liver] = truth.lesions;
    const found = summary.lesions.find(
      ({ maximumPosition }) =>
        Math.hypot(...maximumPosition.map((mm, axis) => mm - liver!.centerPetMm[axis]!)) < 24,
    )!;
    const adc = found.mr.find(({ role }) => role === 'adc')!;
    expect(adc.unit).toBe('um2/s');
    expect(adc.covered).toBe(1);
    expect(Math.abs(adc.mean / liver!.adc - 1)).toBeLessThan(0.15);
  });

  it('sees the PET deformed to an MR taken in deeper inspiration, with its object', async () => {
    expect(summary.alignment!.deformable).toMatchObject({ used: true });
    expect(summary.alignment!.deformable!.largestMm).toBeGreaterThan(8);
    expect(summary.alignment!.deformable!.smallestDeterminant).toBeGreaterThan(0);
    expect(summary.findings.map(({ code }) => code)).toContain('ALIGNMENT_DEFORMED');
    const object = readRegistration(
      parsePart10(await readFile(path.join(out, 'deformable-registration.dcm'))).dataset,
    );
    if (object.kind !== 'deformable') throw new Error(object.kind);
    const [liver] = truth.lesions;
    const from = ([x, y, z]: readonly number[], p: readonly number[]) =>
      Math.hypot(x! - p[0]!, y! - p[1]!, z! - p[2]!);
    const found = deformPoint(object.items[0]!, liver!.centerMrMm)!;
    const before = from(liver!.centerMrMm, liver!.centerPetMm);
    expect(before).toBeGreaterThan(5);
    expect(from(found, liver!.centerPetMm)).toBeLessThan(0.6 * before);
  });

  it('is told how far PET and MR lie apart, and gets no score that was calibrated for CT', () => {
    expect(summary.alignment).toMatchObject({ used: 'identity', frameOfReferenceShared: true });
    const regions = summary.alignment!.regions;
    expect(regions.map(({ name }) => name)).toEqual(expect.arrayContaining(['liver dome', 'body contour']));
    for (const { name, misalignmentMm } of regions) expect(misalignmentMm, name).toBeLessThan(5);
  });

  it('gets objects that say the same as the summary', async () => {
    const read = async (name: string) => parsePart10(await readFile(path.join(out, name)));
    const report = readMeasurementReport((await read('measurements-sr.dcm')).dataset);
    expect(report.groups.map(({ trackingUid }) => trackingUid)).toEqual(
      expect.arrayContaining(summary.lesions.map(({ trackingUid }) => trackingUid)),
    );
    const anatomy = await readSegmentation(await read('mr-anatomy-seg.dcm'));
    expect(anatomy.segments).toHaveLength(3);
  });

  describeWithPeers('with other readers', ['dciodvfy', 'dsrdump'], () => {
    it('has no error in any object', () => {
      for (const { fileName } of summary.objects) {
        const { output } = runPeer('dciodvfy', ['-new', path.join(out, fileName)]);
        expect(
          output.split('\n').filter((line) => line.startsWith('Error')),
          fileName,
        ).toEqual([]);
      }
      const { output } = runPeer('dsrdump', [path.join(out, 'measurements-sr.dcm')]);
      expect(output).toContain('Apparent Diffusion Coefficient');
    });
  });
});

describeWithData('a real sarcoma of a limb in PET and T1-weighted MR', () => {
  it('is found, with its T1 signal, and no organ is made up where no lung tells the place', async () => {
    const out = path.join(folder, 'sts');
    const summary = await run(dataFile('ibsi_sts_petctmr', 'dicom', 'STS_002'), out);
    expect(summary.chosen.mr?.reason).toContain('T1-weighted');
    expect(summary.lesions).toHaveLength(1);
    expect(summary.lesions[0]!.suvMax).toBeCloseTo(21.68, 1);
    expect(summary.lesions[0]!.mr[0]).toMatchObject({ role: 't1', unit: '1' });
    expect(summary.physiologicalUptake).toEqual([]);
    expect(summary.anatomy.filter(({ present }) => present).map(({ name }) => name)).toEqual(['body']);
  }, 120_000);
});
