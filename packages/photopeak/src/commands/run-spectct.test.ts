import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  parsePart10,
  readMeasurementReport,
  readRealWorldValueMapping,
  readSegmentation,
} from '@photopeak/dicom';
import { type SpectctTruth, writeSpectctStudy } from '@photopeak/phantom';
import { type SpectctRegion, type SpectctSummary, spectctSummary } from '@photopeak/pipelines';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

const GRIDS = {
  ct: { size: [112, 112, 136], spacingMm: [4.5, 4.5, 6.6] },
  spect: { size: [64, 64, 100], spacingMm: [9, 9, 9] },
} as const;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-spectct-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ran {
  readonly out: string;
  readonly summary: SpectctSummary;
}

async function run(out: string, ...args: readonly string[]): Promise<Ran> {
  const ran = await photopeak('run', 'spectct', ...args, '--out', out, '--captures', '1');
  expect([0, 3], ran.stderr).toContain(ran.code);
  const summary = spectctSummary.parse(JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8')));
  return { out, summary };
}

const region = ({ regions }: SpectctSummary, label: string): SpectctRegion => {
  const found = regions.find((one) => one.label === label);
  if (found === undefined) throw new Error(`no ${label} among ${regions.map((one) => one.label).join(', ')}`);
  return found;
};

describe('a physicist with a Lu-177 SPECT/CT at two times after one administration', () => {
  let truth: SpectctTruth;
  let ran: Ran;
  beforeAll(async () => {
    await writeSpectctStudy({
      folder,
      values: 'mapped',
      phantom: {
        seed: 5102,
        tracer: 'dotatate',
        respiratoryMismatchMm: 24,
        hours: [24, 96],
        lesions: [{ kind: 'liver', site: 'right lobe of liver, posterior', radiusMm: 17, suv: 25 }],
        grids: GRIDS,
      },
    });
    truth = JSON.parse(await readFile(path.join(folder, 'truth', 'truth.json'), 'utf8'));
    ran = await run(
      path.join(folder, 'out'),
      path.join(folder, 'dicom-2'),
      '--prior',
      path.join(folder, 'dicom-1'),
    );
  }, 600_000);

  it('gets absolute activity of organs: within a tenth to a fifth of the truth, as borders blur', () => {
    const { summary } = ran;
    expect(summary.quantification).toMatchObject({ status: 'quantitative', source: 'mapping' });
    expect(summary.tracer).toMatchObject({ preset: 'somatostatin', nuclide: 'Lu-177', hoursAfter: 96 });
    const liver = truth.organs.find(({ name }) => name === 'liver')!;
    const found = region(summary, 'Liver');
    expect(found.activity!.meanBqPerMl / liver.bqPerMl[1]!).toBeGreaterThan(0.8);
    expect(found.activity!.meanBqPerMl / liver.bqPerMl[1]!).toBeLessThan(1.15);
    expect(summary.fieldOfView!.percentOfAdministered).toBeGreaterThan(1);
    expect(summary.fieldOfView!.percentOfAdministered).toBeLessThan(100);
  });

  it('gets them by the organs as they lay during the SPECT, breathing more shallowly than for the CT', () => {
    const { summary } = ran;
    expect(summary.alignment!.deformable).toMatchObject({ used: true });
    expect(summary.alignment!.deformable!.largestMm).toBeGreaterThan(10);
    expect(summary.findings.map(({ code }) => code)).toContain('ALIGNMENT_DEFORMED');
  });

  it('gets the effective half-life of liver and lesion and their time-integrated activity', () => {
    const { summary } = ran;
    const liver = truth.organs.find(({ name }) => name === 'liver')!;
    const [lesion] = truth.lesions;
    const focus = summary.regions.find(({ kind, site }) => kind === 'focus' && site?.meaning === 'Liver')!;
    for (const [found, known] of [
      [region(summary, 'Liver'), liver],
      [focus, lesion!],
    ] as const) {
      const { points, fit } = found.timeActivity!;
      expect(points.map(({ hours }) => hours)).toEqual([24, 96]);
      expect(fit!.method).toBe('mono-exponential');
      expect(fit!.effectiveHalfLifeHours / known.effectiveHours!).toBeGreaterThan(0.9);
      expect(fit!.effectiveHalfLifeHours / known.effectiveHours!).toBeLessThan(1.1);
      expect(fit!.coefficientH).toBeCloseTo((fit!.timeIntegratedMBqH * 1e6) / truth.injectedBq, 9);
    }
  });

  it('gets objects that other programs read: segments, numbers, and what the values mean', async () => {
    const { out, summary } = ran;
    const read = async (name: string) => parsePart10(await readFile(path.join(out, name)));
    const segmentation = await readSegmentation(await read('regions-seg.dcm'));
    expect(segmentation.segments.map(({ label }) => label)).toEqual(
      summary.regions.map(({ label }) => label),
    );
    const report = readMeasurementReport((await read('measurements-sr.dcm')).dataset);
    expect(report.groups).toHaveLength(summary.regions.length + 1);
    const mapping = readRealWorldValueMapping((await read('value-mapping.dcm')).dataset);
    expect(mapping.mappings.map(({ ucum }) => ucum)).toEqual(['Bq/ml', 'g/ml{SUVbw}']);
    const table = (await readFile(path.join(out, 'regions.csv'), 'utf8')).trimEnd().split('\r\n');
    expect(table).toHaveLength(summary.regions.length + 1);
    expect(table[0]).toContain('time_integrated_MBq_h');
  });

  describeWithPeers('with other readers', ['dciodvfy', 'dsrdump'], () => {
    it('has no error in any object', () => {
      for (const { fileName } of ran.summary.objects.filter(({ sopClassUid }) => sopClassUid !== null)) {
        const { output } = runPeer('dciodvfy', ['-new', path.join(ran.out, fileName)]);
        expect(
          output.split('\n').filter((line) => line.startsWith('Error')),
          fileName,
        ).toEqual([]);
      }
      const { output } = runPeer('dsrdump', ['+Pu', path.join(ran.out, 'measurements-sr.dcm')]);
      expect(output).toContain('Time-integrated activity');
      // Alignment and deformation.
      const written = ran.summary.objects.filter((object) => object.output.endsWith('registration'));
      expect(written).toHaveLength(2);
      for (const { sopInstanceUid } of written) expect(output).toContain(sopInstanceUid);
    });
  });
});

describeWithData('a real Lu-177 SPECT without CT, corrected for decay to the administration', () => {
  it('is measured in the structures of the study, decayed again to the time of the scan', async () => {
    const { summary } = await run(path.join(folder, 'lu177'), dataFile('spect_lu177_scan001_jpegls'));
    // 13468 s after the administration: 2^(−13468.148 / 574300).
    expect(summary.quantification!.bqPerMlPerValue).toBeCloseTo(0.983876, 5);
    expect(summary.tracer.hoursAfter).toBeCloseTo(3.7412, 3);
    const [large, small] = summary.regions.filter(({ kind }) => kind === 'structure');
    // By pydicom and skimage on the same contours, and the same decay: mean and maximum in Bq/ml.
    expect(large).toMatchObject({ voxels: 14364 });
    expect(large!.activity!.meanBqPerMl / 1124117.32).toBeCloseTo(1, 6);
    expect(large!.activity!.maximumBqPerMl / 2216476.13).toBeCloseTo(1, 6);
    expect(small).toMatchObject({ voxels: 384 });
    expect(small!.activity!.meanBqPerMl / 1450955.17).toBeCloseTo(1, 6);
    expect(summary.findings.map(({ code }) => code)).toContain('PAIRING_NO_CT');
  }, 120_000);
});
