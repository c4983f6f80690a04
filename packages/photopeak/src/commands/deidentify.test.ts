import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Dataset, parsePart10, UID, writePart10 } from '@photopeak/dicom';
import { afterEach, beforeEach, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'photopeak-deidentify-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function deidentify(key: string, ...args: readonly string[]) {
  return spawnSync(process.execPath, [cli, 'deidentify', ...args], {
    encoding: 'utf8',
    env: { ...process.env, PHOTOPEAK_DEIDENTIFICATION_KEY: key },
  });
}

it('copies a folder without the patient, and needs a key', () => {
  const dataset = Dataset.of({
    SOPClassUID: UID.CTImageStorage,
    SOPInstanceUID: '1.2.3.3',
    StudyInstanceUID: '1.2.3.1',
    SeriesInstanceUID: '1.2.3.2',
    Modality: 'CT',
    PatientName: 'Noether^Emmy',
    PatientWeight: 60,
  });
  writeFileSync(path.join(folder, 'a.dcm'), writePart10({ dataset }));
  const out = path.join(folder, 'out');
  expect(deidentify('', folder, '--out', out)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/DICOM_DEIDENTIFICATION_KEY/),
  });
  expect(deidentify('a key for this test only', folder, '--out', out, '--profile', 'suv').status).toBe(0);
  const [file] = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.dcm'),
  );
  const bytes = readFileSync(path.join(out, file!));
  expect(bytes.includes('Noether')).toBe(false);
  expect(parsePart10(bytes).dataset.number('PatientWeight')).toBe(60);
});
