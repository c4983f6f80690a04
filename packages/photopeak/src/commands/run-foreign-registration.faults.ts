import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  buildSpatialRegistration,
  type Dataset,
  dcm,
  type ObjectContext,
  parsePart10,
  type RegisteredImages,
  readRegistration,
  uidFrom,
  writePart10,
} from '@photopeak/dicom';
import type { Mat4 } from '@photopeak/imaging';
import { type PetctSummary, petctSummary } from '@photopeak/pipelines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { copySeries, writeTinyStudy } from '../testing/tiny-study.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'photopeak-foreign-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The series of a study as a registration object names them, and the header of the first slice of its CT. */
function seriesOf(study: string): { ct: RegisteredImages; pet: RegisteredImages; header: Dataset } {
  const read = (role: string) =>
    readdirSync(path.join(study, 'dicom', role)).map(
      (name) => parsePart10(readFileSync(path.join(study, 'dicom', role, name))).dataset,
    );
  const side = (headers: readonly Dataset[]): RegisteredImages => ({
    frameOfReferenceUid: headers[0]!.text('FrameOfReferenceUID')!,
    images: headers.map((header) => ({
      sopClassUid: header.text('SOPClassUID')!,
      sopInstanceUid: header.text('SOPInstanceUID')!,
      seriesInstanceUid: header.text('SeriesInstanceUID')!,
      studyInstanceUid: header.text('StudyInstanceUID')!,
    })),
  });
  const ct = read('ct');
  return { ct: side(ct), pet: side(read('pet')), header: ct[0]! };
}

const byAnotherSystem = (source: Dataset, name: string): ObjectContext => ({
  source,
  equipment: {
    manufacturer: 'Another',
    model: 'Fusion station',
    deviceSerialNumber: '1',
    softwareVersions: '7.1',
  },
  seriesInstanceUid: uidFrom('foreign', name, 'series'),
  sopInstanceUid: uidFrom('foreign', name),
  seriesNumber: 900,
  seriesDescription: 'Registration',
  instanceNumber: 1,
  at: '2024-01-01T12:00:00',
  algorithms: [],
});

function matrixObject(study: string, name: string, petToCt: Mat4): Uint8Array {
  const { ct, pet, header } = seriesOf(study);
  const dataset = buildSpatialRegistration({
    context: byAnotherSystem(header, name),
    fixed: ct,
    moving: [{ ...pet, movingToFixed: petToCt, method: dcm.visualAlignment }],
  });
  return writePart10({ dataset });
}

/** Runs the study beside an object of another system. */
async function runWith(study: string, name: string, object: Uint8Array) {
  const input = await copySeries(study, ['ct', 'pet'], path.join(folder, `in-${name}`));
  writeFileSync(path.join(input, 'registration.dcm'), object);
  const out = path.join(folder, `out-${name}`);
  const { code, stderr } = await photopeak('run', input, '--out', out);
  expect([0, 3], stderr).toContain(code);
  const summary = petctSummary.parse(JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')));
  return { out, summary };
}

const found = ({ findings }: PetctSummary, code: string) => findings.find((one) => one.code === code);

describe('a registration object of another system beside PET and CT of two frames of reference', () => {
  const rigidMismatch = { shiftMm: [14, -9, 11], rotationDegrees: [0, 0, 4] } as const;
  let study: string;
  let truth: Mat4;
  beforeAll(async () => {
    study = path.join(folder, 'moved');
    const { truthFile } = await writeTinyStudy(study, { rigidMismatch });
    truth = JSON.parse(readFileSync(truthFile, 'utf8')).petToCtRigid;
  });

  it('is used where the score confirms it, and says so', async () => {
    const { out, summary } = await runWith(study, 'right', matrixObject(study, 'right', truth));
    const { registration } = summary;
    expect(registration).toMatchObject({ used: 'given', frameOfReferenceShared: false });
    for (const [n, value] of registration!.matrix.entries()) expect(value).toBeCloseTo(truth[n]!, 4);
    expect(registration?.foreign).toMatchObject({ sopInstanceUid: uidFrom('foreign', 'right'), used: true });
    expect(found(summary, 'FOREIGN_REGISTRATION_USED')?.message).toContain('of another system');
    expect(summary.lesions.length).toBeGreaterThan(0);
    // Delivered with what the other system said of its way.
    const written = readRegistration(parsePart10(readFileSync(path.join(out, 'registration.dcm'))).dataset);
    if (written.kind !== 'matrix') throw new Error('expected a matrix');
    expect(written.items[1]?.method?.value).toBe(dcm.visualAlignment.value);
    expect(readFileSync(path.join(out, 'report.html'), 'utf8')).toContain('of another system');
  });
});
