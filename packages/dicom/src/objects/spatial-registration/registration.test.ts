import { readFileSync } from 'node:fs';
import { type Mat4, transformPoint, type Vec3 } from '@photopeak/imaging';
import { dataFile, describeWithData, describeWithPeers } from '@photopeak/testing';
import { describe, expect, it } from 'vitest';
import { Dataset, UID } from '../../data/index.ts';
import { parsePart10 } from '../../read/index.ts';
import { uidFrom } from '../../uid/index.ts';
import { errorsOf, validate } from '../../validate/index.ts';
import {
  dciodvfyErrors,
  encode,
  orientationNames,
  pydicomReads,
  temporaryFolder,
  testContext,
  testGrid,
  testSource,
} from '../test-kit.ts';
import { buildSpatialRegistration, deformPoint, matrixBetween, readRegistration } from './index.ts';

/** A rotation about z and a translation. */
const angle = 0.1;
// biome-ignore format: rows of a matrix
const matrix: Mat4 = [
  Math.cos(angle), -Math.sin(angle), 0, 2.5,
  Math.sin(angle), Math.cos(angle), 0, -1,
  0, 0, 1, 4,
  0, 0, 0, 1,
];

function input(orientation: (typeof orientationNames)[number], sharesFrame: boolean) {
  const ct = testSource('CT', testGrid(orientation));
  const pet = testSource('PT', testGrid(orientation, [5, 3, 4]));
  const frame = ct.header.text('FrameOfReferenceUID')!;
  return {
    context: testContext(ct.header, `reg ${orientation} ${sharesFrame}`),
    fixed: { frameOfReferenceUid: frame, images: ct.slices.map((slice) => slice.reference) },
    moving: [
      {
        frameOfReferenceUid: sharesFrame ? frame : uidFrom('PET frame'),
        images: pet.slices.map((slice) => slice.reference),
        movingToFixed: matrix,
      },
    ],
    label: 'PET_TO_CT',
    description: 'rigid, mutual information',
  };
}

describeWithPeers('a spatial registration, as other software sees it', ['dciodvfy', 'pydicom'], () => {
  const folder = temporaryFolder();
  it('has no error in dciodvfy, in four orientations, with one frame of reference and with two', () => {
    const files = orientationNames.flatMap((orientation) =>
      [true, false].map((sharesFrame) => {
        const object = buildSpatialRegistration(input(orientation, sharesFrame));
        expect(errorsOf(validate(object))).toEqual([]);
        const file = folder.write(`${orientation}-${sharesFrame}.dcm`, encode(object));
        expect(dciodvfyErrors(file)).toEqual([]);
        return file;
      }),
    );
    expect(pydicomReads(...files)).toHaveLength(files.length);
  });
});

describe('a spatial registration', () => {
  const landmark: Vec3 = [12.5, -33.25, 101];

  it('takes a landmark of the moving images to the fixed ones, and back', () => {
    for (const sharesFrame of [true, false]) {
      const one = input('oblique', sharesFrame);
      const registration = readRegistration(parsePart10(encode(buildSpatialRegistration(one))).dataset);
      if (registration.kind !== 'matrix') throw new Error('expected matrices');
      const pet = { sopInstanceUids: [one.moving[0]!.images[1]!.sopInstanceUid] };
      const ct = { sopInstanceUids: [one.fixed.images[0]!.sopInstanceUid] };
      const there = matrixBetween(registration, pet, ct)!;
      const back = matrixBetween(registration, ct, pet)!;
      const expected = transformPoint(matrix, landmark);
      const moved = transformPoint(there, landmark);
      for (const axis of [0, 1, 2] as const) {
        expect(moved[axis]).toBeCloseTo(expected[axis], 6);
        expect(transformPoint(back, moved)[axis]).toBeCloseTo(landmark[axis], 6);
      }
    }
  });

  it('does not map a frame of reference to itself by another matrix', () => {
    const object = buildSpatialRegistration(input('axial', true));
    const [fixed, moving] = object.items('RegistrationSequence');
    expect(fixed?.has('FrameOfReferenceUID')).toBe(true);
    expect(moving?.has('FrameOfReferenceUID')).toBe(false);
  });

  it('says nothing about images that it does not name', () => {
    const registration = readRegistration(buildSpatialRegistration(input('axial', false)));
    if (registration.kind !== 'matrix') throw new Error('expected matrices');
    expect(
      matrixBetween(registration, { frameOfReferenceUid: '1.2.3' }, { sopInstanceUids: [] }),
    ).toBeUndefined();
  });

  it('refuses a rigid matrix that scales, and a last row that is none', () => {
    const one = input('axial', false);
    const with4 = (movingToFixed: Mat4) => ({ ...one, moving: [{ ...one.moving[0]!, movingToFixed }] });
    const scaled = matrix.map((value, index) => (index === 0 ? value * 1.1 : value)) as unknown as Mat4;
    const skewed = matrix.map((value, index) => (index === 15 ? 2 : value)) as unknown as Mat4;
    expect(() => buildSpatialRegistration(with4(scaled))).toThrow(/rigid/);
    expect(() => buildSpatialRegistration(with4(skewed))).toThrow(/last row/);
  });

  it('gives the same bytes for the same input', () => {
    const bytes = () => encode(buildSpatialRegistration(input('oblique', true)));
    expect(bytes()).toEqual(bytes());
  });
});

describe('a deformable registration', () => {
  const vectors = Float32Array.from({ length: 2 * 2 * 2 * 3 }, (_, at) =>
    at % 3 === 0 ? Math.floor(at / 3) % 2 : 0,
  );
  const object = Dataset.of({
    SOPClassUID: UID.DeformableSpatialRegistrationStorage,
    FrameOfReferenceUID: '1.2.3',
    DeformableRegistrationSequence: Dataset.of({
      SourceFrameOfReferenceUID: '1.2.4',
      PostDeformationMatrixRegistrationSequence: Dataset.of({
        FrameOfReferenceTransformationMatrix: [1, 0, 0, 100, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
        FrameOfReferenceTransformationMatrixType: 'RIGID',
      }),
      DeformableRegistrationGridSequence: Dataset.of({
        ImagePositionPatient: [0, 0, 0],
        ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
        GridDimensions: [2, 2, 2],
        GridResolution: [10, 10, 10],
        VectorGridData: vectors,
      }),
    }),
  });

  it('is applied as post · (point + displacement), interpolated between the grid points', () => {
    const registration = readRegistration(object);
    if (registration.kind !== 'deformable') throw new Error('expected a deformation');
    const [item] = registration.items;
    expect(deformPoint(item!, [0, 0, 0])).toEqual([100, 0, 0]);
    expect(deformPoint(item!, [10, 0, 0])).toEqual([111, 0, 0]);
    expect(deformPoint(item!, [5, 2, 7])?.[0]).toBeCloseTo(105.5, 6);
    expect(deformPoint(item!, [11, 0, 0])).toBeUndefined();
  });
});

describeWithData('registrations of other writers', () => {
  const read = (name: string) =>
    readRegistration(parsePart10(readFileSync(dataFile('golden', name))).dataset);

  it('are read: a rigid one', () => {
    const registration = read('reg_rigid.dcm');
    if (registration.kind !== 'matrix') throw new Error('expected matrices');
    expect(registration.items).toHaveLength(2);
    const [fixed, moving] = registration.items;
    const there = matrixBetween(registration, moving!, fixed!)!;
    expect(transformPoint(there, [0, 0, 0])).toEqual([2.5, -1, 4]);
    expect(registration.contentLabel).toBe('PET_TO_CT');
  });

  it('are read: a deformable one', () => {
    const registration = read('reg_deformable.dcm');
    if (registration.kind !== 'deformable') throw new Error('expected a deformation');
    expect(registration.items[0]?.grid?.size).toEqual([4, 4, 3]);
    expect(deformPoint(registration.items[0]!, [0, 0, 10])).toBeDefined();
  });

  it('are refused when they are something else', () => {
    expect(() => read('ct_0.dcm')).toThrow(expect.objectContaining({ code: 'OBJECT_KIND_UNEXPECTED' }));
  });
});
