import { readFileSync } from 'node:fs';
import {
  type DisplacementField,
  identity,
  invert,
  type Mat4,
  toVoxel,
  toWorld,
  transformPoint,
  type Vec3,
} from '@photopeak/imaging';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
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
import {
  buildDeformableRegistration,
  buildSpatialRegistration,
  deformationOf,
  deformPoint,
  matrixBetween,
  readRegistration,
} from './index.ts';

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

/** A field that bends every way, on a turned grid. */
function bend(orientation: (typeof orientationNames)[number]): DisplacementField {
  const grid = { ...testGrid(orientation, [9, 8, 7]), spacingMm: [12, 11, 10] as const };
  const data = new Float32Array(3 * 9 * 8 * 7);
  for (let n = 0; n < 9 * 8 * 7; n++) {
    const [x, y, z] = toWorld(grid, [n % 9, Math.floor(n / 9) % 8, Math.floor(n / 72)]);
    data.set([6 * Math.sin(y / 30), 4 * Math.cos((x + z) / 40), 9 * Math.sin(x / 50)], 3 * n);
  }
  return { ...grid, data };
}

function deformableInput(orientation: (typeof orientationNames)[number]) {
  const { context, fixed, moving } = input(orientation, false);
  return { context, fixed, moving: moving[0]!, pull: invert(matrix), field: bend(orientation) };
}

describeWithPeers('a deformable registration, as other software sees it', ['dciodvfy', 'pydicom'], () => {
  const folder = temporaryFolder();
  it('has no error in dciodvfy in four orientations, and pydicom moves landmarks as we do', () => {
    const files = orientationNames.map((orientation) => {
      const object = buildDeformableRegistration(deformableInput(orientation));
      expect(errorsOf(validate(object))).toEqual([]);
      const file = folder.write(`deformable-${orientation}.dcm`, encode(object));
      expect(dciodvfyErrors(file)).toEqual([]);
      return file;
    });
    // The rule of PS3.3 C.20.3.1.1 written once more, in numpy, at nodes of the grid.
    const script = `
import sys, json, numpy, pydicom
out = []
for name in sys.argv[1:]:
    item = pydicom.dcmread(name).DeformableRegistrationSequence[0]
    grid = item.DeformableRegistrationGridSequence[0]
    post = numpy.array(item.PostDeformationMatrixRegistrationSequence[0].FrameOfReferenceTransformationMatrix, float).reshape(4, 4)
    nx, ny, nz = grid.GridDimensions
    v = numpy.frombuffer(grid.VectorGridData, '<f4').reshape(nz, ny, nx, 3)
    o = numpy.array(grid.ImageOrientationPatient, float)
    axes = numpy.stack([o[:3], o[3:], numpy.cross(o[:3], o[3:])])
    k, j, i = 3, 5, 2
    x = numpy.array(grid.ImagePositionPatient, float) + (numpy.array([i, j, k]) * numpy.array(grid.GridResolution)) @ axes
    y = post @ numpy.append(x + v[k, j, i], 1)
    out.append([x.tolist(), y[:3].tolist()])
print(json.dumps(out))`;
    const answer = runPeer('python3', ['-c', script, ...files]);
    const moved = JSON.parse(answer.output) as [Vec3, Vec3][];
    orientationNames.forEach((orientation, n) => {
      const { pull, field } = deformableInput(orientation);
      const [x, y] = moved[n]!;
      // Node (2, 5, 3) of the grid as written; where the given one is left-handed its planes count from the other end.
      const place = toVoxel(field, x).map(Math.round) as [number, number, number];
      const at = 3 * (place[0] + 9 * (place[1] + 8 * place[2]));
      const u = field.data.subarray(at, at + 3);
      const expected = transformPoint(pull, [x[0] + u[0]!, x[1] + u[1]!, x[2] + u[2]!]);
      for (const axis of [0, 1, 2] as const) expect(y[axis]).toBeCloseTo(expected[axis], 3);
    });
  });
});

describe('a deformable registration that we write', () => {
  it('takes landmarks of the fixed images to the moving ones and back, through the file', () => {
    for (const orientation of orientationNames) {
      const one = deformableInput(orientation);
      const registration = readRegistration(parsePart10(encode(buildDeformableRegistration(one))).dataset);
      if (registration.kind !== 'deformable') throw new Error('expected a deformation');
      const item = registration.items[0]!;
      expect(registration.registeredFrameOfReferenceUid).toBe(one.fixed.frameOfReferenceUid);
      expect(item.sourceFrameOfReferenceUid).toBe(one.moving.frameOfReferenceUid);
      const { pull, field } = deformationOf(item);
      for (const node of [
        [2, 3, 2],
        [6, 5, 4],
        [4, 1, 5],
      ] as const) {
        const x = toWorld(one.field, node);
        const at = 3 * (node[0] + 9 * (node[1] + 8 * node[2]));
        const u = one.field.data.subarray(at, at + 3);
        const expected = transformPoint(one.pull, [x[0] + u[0]!, x[1] + u[1]!, x[2] + u[2]!]);
        const there = deformPoint(item, x)!;
        for (const axis of [0, 1, 2] as const) expect(there[axis]).toBeCloseTo(expected[axis], 3);
        // Back: x + u(x) = pull⁻¹(there), by iteration on what was read.
        const goal = transformPoint(invert(pull), there);
        let back: Vec3 = goal;
        for (let step = 0; step < 60; step++) {
          const y = deformPoint({ ...item, postDeformation: identity }, back);
          if (y === undefined) throw new Error('left the grid');
          back = [back[0] + goal[0] - y[0], back[1] + goal[1] - y[1], back[2] + goal[2] - y[2]];
        }
        for (const axis of [0, 1, 2] as const) expect(back[axis]).toBeCloseTo(x[axis], 2);
      }
      expect(field?.data.length).toBe(one.field.data.length);
    }
  });

  it('is not read the wrong way round: the identity of a moved point is not the point', () => {
    const one = deformableInput('axial');
    const registration = readRegistration(buildDeformableRegistration(one));
    if (registration.kind !== 'deformable') throw new Error('expected a deformation');
    const x = toWorld(one.field, [4, 4, 3]);
    const there = deformPoint(registration.items[0]!, x)!;
    const wrong = transformPoint(matrix, x);
    expect(Math.hypot(there[0] - wrong[0], there[1] - wrong[1], there[2] - wrong[2])).toBeGreaterThan(3);
  });

  it('brings a matrix before the deformation after it', () => {
    const before = matrix;
    const grid = {
      size: [2, 2, 2],
      spacingMm: [10, 10, 10],
      origin: [0, 0, 0],
      orientation: [1, 0, 0, 0, 1, 0],
    } as const;
    const item = {
      sourceFrameOfReferenceUid: '1.2',
      images: [],
      preDeformation: before,
      postDeformation: invert(matrix),
      grid: { ...grid, vectors: new Float32Array(24).fill(3) },
    };
    const { pull, field } = deformationOf(item);
    const u = field!.data;
    const moved = transformPoint(pull, [5 + u[0]!, 5 + u[1]!, 5 + u[2]!]);
    const expected = deformPoint(item, [5, 5, 5])!;
    for (const axis of [0, 1, 2] as const) expect(moved[axis]).toBeCloseTo(expected[axis], 4);
  });

  it('refuses a field that is not finite, and skew axes', () => {
    const one = deformableInput('axial');
    const broken = { ...one.field, data: one.field.data.map((v, n) => (n === 7 ? Number.NaN : v)) };
    expect(() => buildDeformableRegistration({ ...one, field: broken })).toThrow(/finite/);
    const skew = { ...one.field, direction: [1, 0, 0.6, 0, 1, 0, 0, 0, 0.8] as const };
    expect(() => buildDeformableRegistration({ ...one, field: skew })).toThrow(/perpendicular/);
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
