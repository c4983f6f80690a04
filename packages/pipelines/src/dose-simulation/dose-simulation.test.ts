import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePart10 } from '@photopeak/dicom';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTestSeries } from '../enhancement/test-study.ts';
import { inProcessRunner, requireDeclaredOutputs } from '../execution/index.ts';
import type { PipelineResult } from '../pipeline.ts';
import { collectStudies, studyInput } from '../study/index.ts';
import { type DoseSimulationSummary, doseSimulation, doseSimulationParameters } from './index.ts';

let folder = '';
let result: PipelineResult<DoseSimulationSummary>;
const NOISE_HU = 20;

async function run(where: string, parameters: object) {
  const { studies } = await collectStudies(where);
  const runner = inProcessRunner({ run: { key: 'd'.repeat(64), at: '2026-11-23T11:00:00' } });
  const parsed = doseSimulationParameters.parse(parameters);
  return requireDeclaredOutputs(
    doseSimulation,
    await doseSimulation.run(await studyInput(studies[0]!), parsed, runner),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-dose-'));
  await writeTestSeries(folder, {
    name: 'abdomen',
    planes: 6,
    size: 80,
    noise: NOISE_HU,
    attributes: { ConvolutionKernel: 'B30f' },
  });
  await writeTestSeries(folder, { name: 'head', modality: 'MR', planes: 3 });
  result = await run(folder, { dose: 0.25, seed: 3, electronicPhotons: 0 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const datasets = () =>
  result.objects
    .filter(({ output }) => output === 'simulated')
    .map(({ bytes }) => parsePart10(bytes).dataset);

describe('a physicist tries what a lower dose would show', () => {
  it('gets for each CT a series with twice the noise at a quarter of the dose', () => {
    const { series, left } = result.summary;
    expect(left).toEqual([]);
    expect(series).toHaveLength(1);
    const [{ noiseHu, result: made, kernel }] = series as [DoseSimulationSummary['series'][number]];
    expect(kernel).toBe('B30f');
    expect(Math.abs(noiseHu.before / NOISE_HU - 1)).toBeLessThan(0.1);
    expect(Math.abs(noiseHu.after! / noiseHu.before / 2 - 1)).toBeLessThan(0.12);
    expect(made).toMatchObject({ instanceCount: 6, description: 'SIMULATED 25 % DOSE: abdomen' });
  });

  it('finds it marked as simulated and for research, apart from its source', () => {
    for (const dataset of datasets()) {
      expect(dataset.text('ContentQualification')).toBe('RESEARCH');
      expect(dataset.texts('ImageType')[0]).toBe('DERIVED');
      expect(dataset.text('DerivationDescription')).toMatch(/^SIMULATED: noise added as of 25 % of the dose/);
      expect(dataset.text('SeriesInstanceUID')).toBe(result.summary.series[0]!.result.seriesInstanceUid);
      expect(dataset.text('SeriesInstanceUID')).not.toBe(result.summary.series[0]!.seriesInstanceUid);
    }
  });

  it('gets the same bytes again for the same seed', async () => {
    const again = await run(folder, { dose: 0.25, seed: 3, electronicPhotons: 0 });
    expect(again.objects.map(({ bytes }) => Buffer.from(bytes).toString('base64'))).toEqual(
      result.objects.map(({ bytes }) => Buffer.from(bytes).toString('base64')),
    );
  });
});

describeWithPeers('a simulated CT before the tools of others', ['dciodvfy', 'dcmdump'], () => {
  it('has no error', async () => {
    const file = path.join(folder, 'simulated.dcm');
    await writeFile(file, result.objects.find(({ output }) => output === 'simulated')!.bytes);
    expect(runPeer('dciodvfy', [file]).output).not.toMatch(/^Error/m);
    expect(runPeer('dcmdump', [file]).status).toBe(0);
  });
});
