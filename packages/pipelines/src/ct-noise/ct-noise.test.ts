import { readFile } from 'node:fs/promises';
import { dataFile, describeWithData } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { inProcessRunner, requireDeclaredOutputs } from '../execution/index.ts';
import { collectStudies, studyInput } from '../study/index.ts';
import { ctNoise, ctNoiseSummary } from './index.ts';

describeWithData('the noise of a real CT', () => {
  it('is measured, written as declared, and a finding where it is more than asked', async () => {
    const { studies } = await collectStudies(dataFile('ct_ge_crlm1004_jpegls'));
    const study = await studyInput(studies[0]!);
    const runner = inProcessRunner({ run: { key: 'a'.repeat(64), at: '2026-11-23T10:15:00' } });
    const result = requireDeclaredOutputs(
      ctNoise,
      await ctNoise.run(study, ctNoise.parameters.parse({ mostHu: 5 }), runner),
    );
    const text = new TextDecoder().decode(result.objects[0]!.bytes);
    const summary = ctNoiseSummary.parse(JSON.parse(text));
    expect(summary.series).toHaveLength(1);
    const { noiseHu } = summary.series[0]!;
    expect(noiseHu).toBeGreaterThan(5);
    expect(noiseHu).toBeLessThan(40);
    expect(result.findings.map(({ code }) => code)).toEqual(['CT_NOISY']);
  });
});

describe('the worked example of docs/pipelines.md', () => {
  it('is the pipeline, word for word', async () => {
    const source = await readFile(new URL('./pipeline.ts', import.meta.url), 'utf8');
    const page = await readFile(new URL('../../../../docs/pipelines.md', import.meta.url), 'utf8');
    expect(page).toContain(source);
  });
});
