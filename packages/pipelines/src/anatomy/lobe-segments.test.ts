import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LOBE_LABELS, type LobeReport } from '@photopeak/analysis';
import {
  errorsOf,
  groupSeries,
  loadSeriesVolume,
  parsePart10,
  readSegmentation,
  validate,
  writePart10,
} from '@photopeak/dicom';
import { writePetctStudy } from '@photopeak/phantom';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { algorithmOf, contextOf, sourceOf } from '../objects/index.ts';
import { collectStudies } from '../study/index.ts';
import { LOBES_ALGORITHM, lobesSegmentation } from './index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-lobes-'));
  const plan = { size: [16, 16, 4], spacingMm: [30, 30, 30] } as const;
  await writePetctStudy({ folder, phantom: { seed: 5, lesions: [], grids: { ct: plan, pet: plan } } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('writes the lobes that were found with their codes, and what is to be said of each', async () => {
  const { studies } = await collectStudies(folder);
  const series = studies
    .flatMap(({ instances }) => groupSeries(instances))
    .find(({ kind, modality }) => kind === 'volume' && modality === 'CT')!;
  const { volume, slices } = await loadSeriesVolume(series);
  const source = sourceOf(volume, slices);
  const lobe = (name: LobeReport['name'], findings: string[]): LobeReport => ({
    ...{ name, findings, present: true, volumeMl: 1, confidence: 0.9 },
  });
  const found = [lobe('lobeRightMiddle', ['CT shows 40 % of it']), lobe('lobeLeftLower', [])];
  const labels = {
    ...volume,
    data: Uint8Array.from(
      volume.data,
      (_, n) => [0, LOBE_LABELS.lobeRightMiddle, LOBE_LABELS.lobeLeftLower][n % 3]!,
    ),
  };
  const identity = {
    pipeline: { name: 'anatomy', version: '1' },
    run: { key: 'k', at: '2026-01-01T12:00:00' },
  };
  const algorithm = algorithmOf(identity, LOBES_ALGORITHM, []);
  const series17 = { number: 17, description: 'lobes' };
  const context = contextOf(identity, 'lobes-seg', series17, source.images.header, [algorithm]);
  const dataset = lobesSegmentation(context, source, labels, found, algorithm, 'binary');
  const segmentation = await readSegmentation(parsePart10(writePart10({ dataset })));
  expect(segmentation.segments.map(({ type, label }) => [type?.value, label])).toEqual([
    ['72481006', 'Middle lobe of right lung'],
    ['41224006', 'Lower lobe of left lung'],
  ]);
  const lower = await segmentation.mask(2, { grid: volume });
  expect(lower.data.every((value, n) => (value !== 0) === (n % 3 === 2))).toBe(true);
  expect(errorsOf(validate(dataset))).toEqual([]);
});
