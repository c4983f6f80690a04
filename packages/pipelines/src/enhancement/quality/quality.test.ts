import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { qualityChecks } from '@photopeak/analysis';
import { dcm, parsePart10, photopeak, readContentAssessment, readMeasurementReport } from '@photopeak/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcessRunner, requireDeclaredOutputs } from '../../execution/index.ts';
import { collectStudies, studyInput } from '../../study/index.ts';
import { enhancement, enhancementParameters } from '../index.ts';
import { writeTestSeries } from '../test-study.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-quality-'));
  await writeTestSeries(folder, { name: 'abdomen', size: 96 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(parameters: object) {
  const { studies } = await collectStudies(folder);
  const runner = inProcessRunner({ run: { key: 'e'.repeat(64), at: '2026-11-23T11:00:00' } });
  const parsed = enhancementParameters.parse({ method: 'gaussian-smoothing', ...parameters });
  const input = await studyInput(studies[0]!);
  return requireDeclaredOutputs(enhancement, await enhancement.run(input, parsed, runner));
}

const pngSize = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
};

describe('quality control of an enhanced series', () => {
  const strict = { models: { 'gaussian-smoothing': { sharpness: { hold: 0.8 } } } };
  it('holds back what blurs by 6 mm: in a folder of its own, with reasons, a picture and a report that waits with it', async () => {
    const { objects, summary, findings, quality } = await run({ settings: { fwhmMm: 6 }, quality: strict });
    const held = objects.filter(({ isHeld }) => isHeld === true);
    expect(held.map(({ output }) => output)).toEqual([...Array(8).fill('enhanced'), 'enhancement-sr']);
    expect(held.every(({ fileName }) => fileName.startsWith('held/'))).toBe(true);
    expect(summary.hanging).toEqual([]);
    const [series] = summary.series;
    expect(series!.quality!.verdict).toBe('held');
    expect(findings.find(({ code }) => code === 'QUALITY_HELD')!.message).toMatch(
      /edges are 0\.\d+ times as steep/,
    );
    expect(quality).toMatchObject([
      {
        seriesInstanceUid: series!.result!.seriesInstanceUid,
        model: 'gaussian-smoothing@1.0.0',
        modality: 'CT',
        scanner: 'Scanner Model 7',
        verdict: 'held',
        picture: 'quality-1.png',
      },
    ]);
    const picture = objects.find(({ output }) => output === 'quality')!;
    expect(pngSize(picture.bytes)).toEqual([1152, 384]);
    const report = readMeasurementReport(parsePart10(held.at(-1)!.bytes).dataset);
    const told = report.groups.flatMap(({ evaluations }) => evaluations);
    expect(told).toContainEqual({ name: dcm.qualityAssessment, value: dcm.unusable });
    expect(told.filter(({ name }) => name.value === dcm.qualityFinding.value).length).toBeGreaterThan(5);
  });

  it('only warns of what a filter is known to do, unless the site says otherwise', async () => {
    const settings = { fwhmMm: 6 };
    const flagged = await run({ settings });
    expect(flagged.quality![0]!.verdict).toBe('flagged');
    expect(flagged.objects.some(({ isHeld }) => isHeld)).toBe(false);
    expect(flagged.findings.map(({ code }) => code)).toContain('QUALITY_FLAGGED');
    const nothing = Object.fromEntries(qualityChecks.map((name) => [name, { flag: null, hold: null }]));
    const passed = await run({
      settings,
      quality: { limits: nothing, models: { 'gaussian-smoothing': nothing } },
    });
    expect(passed.quality![0]!.verdict).toBe('passed');
    expect(passed.summary.series[0]!.quality!.checks.length).toBeGreaterThan(6);
  });

  it('is written as a Content Assessment Results object on request, which waits with what it holds back', async () => {
    const { objects, summary } = await run({
      settings: { fwhmMm: 6 },
      quality: { ...strict, contentAssessment: true },
    });
    const [object] = objects.filter(({ output }) => output === 'content-assessment');
    expect(object).toMatchObject({ isHeld: true, fileName: 'held/assessment-1.dcm' });
    const read = readContentAssessment(parsePart10(object!.bytes).dataset);
    const [series] = summary.series;
    expect(read).toMatchObject({ summary: 'FAILED', type: photopeak.imageQuality });
    expect(read.assessed).toHaveLength(8);
    expect(read.comparison).toHaveLength(8);
    expect(series!.result!.instanceCount).toBe(8);
    expect(read.observations.map(({ description }) => description)).toEqual(
      series!.quality!.checks.map(({ text }) => text),
    );
    expect(
      read.observations.find(({ basis }) => basis?.value === photopeak.relativeSharpness.value)!.significance,
    ).toBe('MAJOR');
    const report = objects.find(({ output }) => output === 'enhancement-sr')!;
    const measured = readMeasurementReport(parsePart10(report.bytes).dataset).groups[1]!.measurements;
    expect(series!.measured.map(({ name }) => name)).toContain('edge-width-high');
    for (const { name, before, after } of series!.measured)
      if (name === 'edge-width-high') expect(after!).toBeGreaterThan(1.2 * before!);
    const sharpness = series!.quality!.checks.find(({ name }) => name === 'sharpness')!.value;
    expect(measured.find(({ name }) => name.value === photopeak.relativeSharpness.value)!.value).toBeCloseTo(
      sharpness,
      4,
    );
  });

  it('runs the method on test lesions and added noise when asked, and says so when it is off', async () => {
    const { quality } = await run({ settings: { fwhmMm: 3 }, quality: { trials: true } });
    expect(quality![0]!.figures.insertion).toBeLessThan(1);
    expect(quality![0]!.figures.jitter).toBeLessThan(1);
    const off = await run({ quality: { isOn: false } });
    expect(off.quality).toEqual([]);
    expect(off.findings.map(({ code }) => code)).toContain('QUALITY_UNCHECKED');
  });
});
