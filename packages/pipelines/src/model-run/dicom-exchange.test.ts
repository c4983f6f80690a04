import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openModel, openPackage } from '@photopeak/models';
import { manifestText } from '@photopeak/models/testing';
import { writePetctStudy } from '@photopeak/phantom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadImage } from '../image-registration/load.ts';
import { dicomExchange } from './index.ts';

/** A vendor's program: reads the folder, adds 5 HU by the rescale intercept, and fails if it knows the patient. */
const SCRIPT = `
import { readFileSync, writeFileSync } from 'node:fs';
const { scanFolder, parsePart10, writePart10 } = await import('${import.meta.resolve('@photopeak/dicom')}');
const { instances } = await scanFolder(process.argv[2]);
for (const [n, { path }] of instances.entries()) {
  const { dataset } = parsePart10(readFileSync(path));
  for (const word of [process.argv[4], process.argv[5]])
    if (readFileSync(path).includes(word)) { console.error('knows ' + word); process.exit(4); }
  dataset.set('RescaleIntercept', dataset.number('RescaleIntercept') + 5);
  writeFileSync(process.argv[3] + '/' + n + '.dcm', writePart10({ dataset }));
}
process.exit(0);
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-dicom-model-'));
  const grids = {
    ct: { size: [32, 32, 16], spacingMm: [16, 16, 30] },
    pet: { size: [32, 32, 16], spacingMm: [16, 16, 30] },
  } as const;
  await writePetctStudy({ folder, phantom: { seed: 11, lesions: [], grids } });
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a program that takes DICOM', () => {
  it('gets the series without who the patient is, and gives a series back', async () => {
    const home = path.join(folder, 'model');
    const { volume, series } = await loadImage(path.join(folder, 'dicom', 'ct'), undefined, []);
    const header = series!.instances[0]!.dataset;
    const who = [header.text('PatientName')!, header.text('PatientID')!];
    const command = [process.execPath, '{model}/run.mjs', '{inputFolder}', '{outputFolder}', ...who];
    await mkdir(home);
    await writeFile(path.join(home, 'run.mjs'), SCRIPT);
    await writeFile(
      path.join(home, 'model.yaml'),
      manifestText({ runtime: `  kind: command\n  format: dicom\n  command: ${JSON.stringify(command)}` }),
    );
    const opened = await openPackage(home);
    const model = await openModel(opened, { allowPrograms: true });
    await expect(model.infer({ image: volume })).rejects.toMatchObject({ code: 'MODEL_INPUT_MISSING' });
    const dicom = dicomExchange(opened.manifest, series!, volume);
    const [result] = await model.infer({ image: volume }, { dicom });
    if (result?.kind !== 'image') throw new Error(result?.kind);
    expect(result.volume.size).toEqual(volume.size);
    // Pixel padding stays what it is.
    const expected = [...volume.data].map((hu) => (hu === -1024 ? hu : hu + 5));
    expect([...result.volume.data]).toEqual(expected);
    expect(expected.some((hu) => hu > 0)).toBe(true);
  }, 60_000);
});
