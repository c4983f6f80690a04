import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Dataset, parsePart10 } from '@photopeak/dicom';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcessRunner } from '../execution/index.ts';
import { collectStudies, studyInput } from '../study/index.ts';
import { type EnhancementSummary, enhancement, enhancementParameters } from './index.ts';
import { writeTestSeries } from './test-study.ts';

let folder = '';
const made = new Map<string, readonly Dataset[]>();
const files: string[] = [];
const checked = new Map<string, EnhancementSummary['series'][number]['quality']>();

/** Thick MR slices of a prior, refined and brought to the spacing of another protocol. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-regridded-'));
  const study = path.join(folder, 'study');
  await writeTestSeries(study, { name: 'thick', modality: 'MR', thicknessMm: 4, planes: 9 });
  const { studies } = await collectStudies(study);
  const input = await studyInput(studies[0]!);
  const runs = {
    'super-resolution': {},
    harmonise: {
      pixelMm: 1.5,
      sliceMm: 3,
      landmarks: [200, 300, 310, 320, 330, 340, 350, 360, 370, 380, 400],
    },
  };
  for (const [task, settings] of Object.entries(runs)) {
    const runner = inProcessRunner({ run: { key: 'd'.repeat(64), at: '2026-11-23T11:00:00' } });
    const parameters = enhancementParameters.parse({ task, settings });
    const { objects, summary } = await enhancement.run(input, parameters, runner);
    checked.set(task, summary.series[0]!.quality);
    const enhanced = objects.filter(({ output }) => output === 'enhanced');
    made.set(
      task,
      enhanced.map(({ bytes }) => parsePart10(bytes).dataset),
    );
    files.push(path.join(folder, `${task}.dcm`));
    await writeFile(files.at(-1)!, enhanced[1]!.bytes);
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const heights = (series: readonly Dataset[]) => series.map((one) => one.numbers('ImagePositionPatient')[2]!);

describe('thick slices of MR', () => {
  it('come back as planes as far apart as the pixels, over the same length', () => {
    const series = made.get('super-resolution')!;
    expect(series).toHaveLength(36);
    const z = heights(series);
    expect(z[0]).toBeCloseTo(-1.5, 9);
    expect(z[35]).toBeCloseTo(33.5, 9);
    for (const one of series) {
      expect(one.number('SliceThickness')).toBe(1);
      expect(one.text('SeriesDescription')).toBe('AI-SUPERRES: thick');
      expect(one.item('SourceImageSequence')?.text('SpatialLocationsPreserved')).toBe('NO');
    }
  });

  it('name the slices that lie around each plane as sources', () => {
    const sources = made.get('super-resolution')!.map((one) => one.items('SourceImageSequence').length);
    expect(new Set(sources)).toEqual(new Set([1, 2]));
  });
});

describe('quality control', () => {
  it('holds refined slices against the slices that they were made of', () => {
    const { checks, notes } = checked.get('super-resolution')!;
    const names = checks.map(({ name }) => name);
    expect(names).toContain('lost-structure');
    // What next to nothing is on edges and elsewhere tells nothing.
    expect(names).not.toContain('edge-residual');
    expect(checks.filter(({ verdict }) => verdict === 'held')).toEqual([]);
    const value = (name: string) => checks.find((check) => check.name === name)!.value;
    expect(value('consistency')).toBeLessThan(0.1);
    expect(value('null-space')).toBeGreaterThan(0);
    expect(value('null-space')).toBeLessThan(2);
    expect(value('null-space-share')).toBeGreaterThan(0.02);
    expect(value('null-space-share')).toBeLessThan(0.9);
    expect(notes.join()).toMatch(/at column \d+, row \d+ of planes \d+ to \d+/);
  });

  it('holds a harmonised image against the original with its values', () => {
    const { checks } = checked.get('harmonise')!;
    const order = checks.find(({ name }) => name === 'contrast-order');
    expect(order === undefined || order.value > 0.5).toBe(true);
    expect(checks.map(({ name }) => name)).toContain('new-structure');
  });
});

describe('a prior', () => {
  it('comes back with the spacing and the scale of the wanted protocol', () => {
    const series = made.get('harmonise')!;
    expect(series).toHaveLength(12);
    const [first] = series;
    expect(first!.numbers('PixelSpacing')).toEqual([1.5, 1.5]);
    expect([first!.number('Rows'), first!.number('Columns')]).toEqual([32, 32]);
    const z = heights(series);
    expect(z[1]! - z[0]!).toBeCloseTo(3, 9);
    expect((z[0]! + z[11]!) / 2).toBeCloseTo(16, 9);
    const bytes = series[6]!.bytes('PixelData')!;
    const pixels = new Int16Array(bytes.slice().buffer);
    const slope = first!.number('RescaleSlope') ?? 1;
    const middle = pixels[16 + 32 * 16]! * slope + (first!.number('RescaleIntercept') ?? 0);
    expect(middle).toBeGreaterThan(290);
    expect(middle).toBeLessThan(410);
  });
});

describeWithPeers('images on another grid before the tools of others', ['dciodvfy'], () => {
  it('have no error', () => {
    for (const file of files) {
      const { output } = runPeer('dciodvfy', [file]);
      expect(output.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
    }
  });
});
