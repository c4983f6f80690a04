import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ORGAN_LABELS } from '@photopeak/analysis';
import { createVolume, type Grid } from '@photopeak/imaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithModel } from './agree.ts';
import { readModelLabels, runAnatomyModel } from './model-source.ts';

const grid: Grid = {
  size: [24, 20, 16],
  spacingMm: [3, 3, 4],
  origin: [-36, -30, 100],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const ct = createVolume(
  grid,
  Int16Array.from({ length: 24 * 20 * 16 }, (_, n) => {
    const i = n % 24;
    return i < 8 ? -800 : i < 16 ? 60 : 150;
  }),
  "[hnsf'U]",
);

/** A model in a process of its own: value 1 from 40 to 100 HU, value 2 above 120 HU. */
const SCRIPT = `
import { readFileSync, writeFileSync } from 'node:fs';
const { readNifti, writeNifti } = await import(process.argv[2]);
const ct = readNifti(readFileSync(process.argv[3]));
const data = Uint8Array.from(ct.data, (hu) => (hu > 120 ? 2 : hu > 40 && hu < 100 ? 1 : 0));
writeFileSync(process.argv[4], writeNifti({ ...ct, data, unit: '1' }));
process.exit(0);
`;

describe('a segmentation model as a command', () => {
  let folder: string;
  let command: string[];
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'anatomy-model-'));
    const script = path.join(folder, 'model.mjs');
    await writeFile(script, SCRIPT);
    command = [process.execPath, script, import.meta.resolve('@photopeak/imaging'), '{input}', '{output}'];
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is run on the CT as NIfTI, and its label map is read by the table', async () => {
    const structures = await runAnatomyModel(ct, {
      command,
      labels: { 1: 'liver', 2: 'spleen', 9: 'heart' },
    });
    expect(structures.map(({ name }) => name)).toEqual(['liver', 'spleen']);
    const liver = structures[0]!.mask;
    expect(liver.size).toEqual(ct.size);
    expect([...liver.data].every((inside, n) => (inside !== 0) === (ct.data[n] === 60))).toBe(true);
  });

  it('supports what it agrees with and lowers the confidence of what it does not', async () => {
    const structures = await runAnatomyModel(ct, { command, labels: { 1: 'liver', 2: 'spleen' } });
    const own = Uint8Array.from(ct.data, (hu, n) =>
      hu === 60 ? ORGAN_LABELS.liver : hu === 150 && n % 24 < 19 ? ORGAN_LABELS.spleen : ORGAN_LABELS.body,
    );
    const [liver, spleen] = await compareWithModel({ ...ct, data: own, unit: '1' }, [], structures);
    expect(liver).toMatchObject({ name: 'liver', dice: 1, findings: [] });
    expect(spleen?.dice).toBeCloseTo((2 * 3) / (3 + 8), 5);
    expect(spleen?.confidence).toBeLessThan(0.4);
    expect(spleen?.findings[0]).toContain('disagree');
  });

  it('that fails says what it said', async () => {
    const wrong = [process.execPath, '-e', 'console.error("no weights"); process.exit(3)'];
    await expect(runAnatomyModel(ct, { command: wrong })).rejects.toMatchObject({
      code: 'ANATOMY_MODEL_FAILED',
      found: 'exit code 3; no weights',
    });
  });

  it('refuses a label table with unknown structures', async () => {
    const file = path.join(folder, 'labels.json');
    await writeFile(file, '{"1": "lever"}');
    await expect(readModelLabels(file)).rejects.toMatchObject({ code: 'ANATOMY_MODEL_LABELS' });
    await writeFile(file, '{"1": "liver"}');
    expect(await readModelLabels(file)).toEqual({ 1: 'liver' });
  });
});
