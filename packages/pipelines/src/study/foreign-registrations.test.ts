import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toMoving } from '@photopeak/analysis';
import { buildDeformableRegistration, Dataset, type RegistrationSide, writePart10 } from '@photopeak/dicom';
import { type DisplacementField, translation, type Vec3 } from '@photopeak/imaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registrationBetween } from './foreign-registrations.ts';

const CT: RegistrationSide = { frameOfReferenceUid: '2.25.11', sopInstanceUids: ['2.25.111'] };
const PET: RegistrationSide = { frameOfReferenceUid: '2.25.22', sopInstanceUids: ['2.25.221'] };

/** A gentle stretch along z. */
const field: DisplacementField = {
  ...{ size: [3, 3, 5], spacingMm: [50, 50, 25], origin: [-50, -50, -50] },
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  data: new Float32Array(135).map((_, n) => (n % 3 === 2 ? Math.floor(n / 27) : 0)),
};
const pull = translation([7, 0, -4]);

let file: string;
beforeAll(() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'photopeak-given-'));
  file = path.join(folder, 'deformable.dcm');
  const dataset = buildDeformableRegistration({
    context: {
      source: Dataset.of({ StudyInstanceUID: '2.25.3', FrameOfReferenceUID: '2.25.11' }),
      equipment: { manufacturer: 'Another', model: 'X', deviceSerialNumber: '1', softwareVersions: '1' },
      ...{ seriesInstanceUid: '2.25.4', sopInstanceUid: '2.25.5', seriesNumber: 1, instanceNumber: 1 },
      ...{ seriesDescription: 'Deformation', at: '2024-01-01T00:00:00', algorithms: [] },
    },
    fixed: { frameOfReferenceUid: '2.25.11', images: [] },
    moving: { frameOfReferenceUid: '2.25.22', images: [] },
    ...{ pull, field },
  });
  writeFileSync(file, writePart10({ dataset }));
});
afterAll(() => rmSync(path.dirname(file), { recursive: true, force: true }));

describe('a deformable registration object of another system', () => {
  const point: Vec3 = [3, -8, 12];

  it('leads from its registered images to the others as it is', () => {
    const given = registrationBetween(file, CT, PET);
    expect(given?.sopInstanceUid).toBe('2.25.5');
    const [there] = toMoving(given!.deformation!, [point]);
    const [expected] = toMoving({ pull, field }, [point]);
    for (const axis of [0, 1, 2] as const) expect(there![axis]).toBeCloseTo(expected![axis], 3);
  });

  it('is turned round where it was made for the other direction', () => {
    const [there] = toMoving({ pull, field }, [point]);
    const given = registrationBetween(file, PET, CT);
    const [back] = toMoving(given!.deformation!, [there!]);
    for (const axis of [0, 1, 2] as const) expect(back![axis]).toBeCloseTo(point[axis], 1);
  });

  it('says nothing about images that it does not name', () => {
    expect(registrationBetween(file, CT, { frameOfReferenceUid: '2.25.99' })).toBeUndefined();
  });
});
