import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { doseSimulationSummary } from '@photopeak/pipelines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { copySeries, filesBelow, writeTinyStudy } from '../testing/tiny-study.ts';

let folder = '';
let study = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-dose-'));
  await writeTinyStudy(path.join(folder, 'phantom'));
  study = await copySeries(path.join(folder, 'phantom'), ['ct'], path.join(folder, 'study'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a physicist simulates a lower dose without a server', () => {
  it('is told of a CT whose noise cannot be measured, as its pixels are as large as organs', async () => {
    const out = path.join(folder, 'out');
    const ran = await photopeak(
      'simulate-dose',
      study,
      '--dose',
      '10%',
      '--seed',
      '4',
      '--out',
      out,
      '--json',
    );
    expect(ran.code, ran.stderr).toBe(3);
    const text = await readFile(path.join(out, 'summary.json'), 'utf8');
    const summary = doseSimulationSummary.parse(JSON.parse(text));
    expect(JSON.parse(ran.stdout)).toEqual(JSON.parse(text));
    expect(summary).toMatchObject({ dose: 0.1, seed: 4, series: [] });
    expect(summary.left).toHaveLength(1);
    expect([...(await filesBelow(out))].filter(([name]) => name.endsWith('.dcm'))).toEqual([]);
  });

  it('is told what a dose is', async () => {
    const wrong = await photopeak('simulate-dose', study, '--dose', '100%');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('25%');
  });
});
