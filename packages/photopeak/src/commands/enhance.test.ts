import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePart10, readFilePart10, readMeasurementReport } from '@photopeak/dicom';
import { createVolume, readNifti, writeNifti } from '@photopeak/imaging';
import { enhancedImage, enhancementSummary } from '@photopeak/pipelines';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { copySeries, filesBelow, writeTinyStudy } from '../testing/tiny-study.ts';

let folder = '';
let study = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-enhance-'));
  await writeTinyStudy(path.join(folder, 'phantom'));
  study = await copySeries(path.join(folder, 'phantom'), ['ct', 'pet'], path.join(folder, 'study'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function enhance(out: string, ...args: readonly string[]) {
  const ran = await photopeak('enhance', ...args, '--out', out, '--json');
  expect(ran.code, ran.stderr).toBe(0);
  return ran;
}

describe('a physicist enhances a study without a server', () => {
  let out = '';
  beforeAll(async () => {
    out = path.join(folder, 'out');
    await enhance(out, study, '--model', 'gaussian-smoothing', '--set', 'fwhmMm=12');
  }, 120_000);

  it('gets for each series one that lies where its source lies, smoother, with the same sum of activity', async () => {
    const summary = enhancementSummary.parse(
      JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8')),
    );
    expect(summary.series.map(({ source }) => source.modality).sort()).toEqual(['CT', 'PT']);
    for (const { result, measured, source } of summary.series) {
      expect(result).toMatchObject({ instanceCount: 79, keepsGeometry: true });
      expect(result!.description).toBe(`AI-DENOISED: ${source.description}`.slice(0, 64));
      const [difference] = measured.filter(({ name }) => name === 'difference-sd');
      expect(difference!.after).toBeGreaterThan(0);
    }
    const pet = summary.series.find(({ source }) => source.modality === 'PT')!;
    const mean = pet.measured.find(({ name }) => name === 'mean')!;
    expect(Math.abs(mean.after! / mean.before! - 1)).toBeLessThan(0.02);
    expect(summary.hanging).toHaveLength(2);
  });

  it('finds in each PET slice the times, the units and the decay of its source, and a slope of its own', async () => {
    const files = await filesBelow(out);
    const sources = new Map(
      (await readdir(study))
        .filter((name) => name.startsWith('pet'))
        .map((name) => readFilePart10(path.join(study, name)).dataset)
        .map((dataset) => [dataset.text('SOPInstanceUID'), dataset]),
    );
    const enhanced = [...files]
      .filter(([name]) => name.endsWith('.dcm'))
      .map(([, bytes]) => parsePart10(bytes).dataset)
      .filter((dataset) => dataset.text('Modality') === 'PT');
    expect(enhanced).toHaveLength(79);
    for (const dataset of enhanced) {
      const source = sources.get(dataset.item('SourceImageSequence')?.text('ReferencedSOPInstanceUID'))!;
      for (const keyword of [
        'StudyInstanceUID',
        'FrameOfReferenceUID',
        'SeriesDate',
        'SeriesTime',
        'AcquisitionTime',
        'Units',
        'DecayCorrection',
        'DecayFactor',
        'FrameReferenceTime',
      ] as const)
        expect(dataset.texts(keyword), keyword).toEqual(source.texts(keyword));
      expect(dataset.texts('ImagePositionPatient')).toEqual(source.texts('ImagePositionPatient'));
      expect(dataset.texts('ImageType').slice(0, 2)).toEqual(['DERIVED', 'PRIMARY']);
      expect(dataset.text('ContentQualification')).toBe('RESEARCH');
      expect(dataset.text('SeriesInstanceUID')).not.toBe(source.text('SeriesInstanceUID'));
    }
  });

  it('names scanner and method as contributing equipment', async () => {
    const { dataset } = readFilePart10(path.join(out, 'enhanced-1', '0001.dcm'));
    const items = dataset.items('ContributingEquipmentSequence');
    const purposes = items.map((item) => item.item('PurposeOfReferenceCodeSequence')?.text('CodeValue'));
    expect(purposes).toEqual(['109101', '109102']);
    expect(items[1]!.text('ManufacturerModelName')).toBe('gaussian-smoothing');
    expect(items[1]!.text('ContributionDescription')).toBe('fwhmMm=12');
  });

  it('reads in the report what was done and measured', async () => {
    const report = readMeasurementReport(readFilePart10(path.join(out, 'enhancement-sr.dcm')).dataset);
    expect(report.groups).toHaveLength(4);
    const ct = report.groups.find(({ trackingId }) => /^Enhanced .*CT/.test(trackingId ?? ''))!;
    expect(ct.measurements.map(({ name }) => name.value)).toContain('IMAGEDIFF');
  });

  it('is told what a setting may be, and which methods there are', async () => {
    const wrong = await photopeak(
      'enhance',
      study,
      '--model',
      'gaussian-smoothing',
      '--set',
      'fwhm=3',
      '--out',
      out,
    );
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('ENHANCE_SETTING_INVALID');
    expect(wrong.stderr).toContain('fwhmMm');
    const none = await photopeak('enhance', '--json');
    expect(JSON.parse(none.stdout).map(({ id }: { id: string }) => id)).toContain('median-filter');
  });

  describeWithPeers('and the tools of others', ['dciodvfy'], () => {
    it('find no error in what was written', () => {
      for (const name of ['enhanced-1/0001.dcm', 'enhanced-2/0040.dcm', 'enhancement-sr.dcm']) {
        const { output } = runPeer('dciodvfy', [path.join(out, name)]);
        expect(output.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
      }
    });
  });
});

describe('an engineer with one NIfTI image', () => {
  it('gets one back on the same grid, with a report', async () => {
    const grid = {
      size: [40, 30, 20],
      spacingMm: [1, 1, 2],
      origin: [5, -7, 9],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    } as const;
    const data = Float32Array.from(
      { length: 24_000 },
      (_, n) => ((n * 7919) % 200) - 1000 * Number(n % 40 < 5),
    );
    const file = path.join(folder, 'ct.nii.gz');
    await writeFile(file, writeNifti(createVolume(grid, data, "[hnsf'U]")));
    const out = path.join(folder, 'nifti');
    await enhance(out, file, '--model', 'median-filter');
    const report = enhancedImage.parse(JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8')));
    expect(report.source.modality).toBe('CT');
    // A pattern that a median destroys: quality control says so, and the file lies apart.
    expect(report.quality?.verdict).toBe('held');
    expect(report.result!.fileName).toBe('held/enhanced.nii.gz');
    const result = readNifti(await readFile(path.join(out, report.result!.fileName)));
    expect(result.size).toEqual([...grid.size]);
    expect(result.origin).toEqual([...grid.origin]);
    expect(report.measured.find(({ name }) => name === 'difference-sd')!.after).toBeGreaterThan(10);
    // A file in the place of the folder is told before anything is computed.
    const refused = await photopeak('enhance', file, '--model', 'median-filter', '--out', file);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('OUTPUT_NOT_WRITABLE');
  });
});
