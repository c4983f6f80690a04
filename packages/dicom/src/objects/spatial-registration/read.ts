import type { Mat4, Vec3 } from '@photopeak/imaging';
import { identity, invert, multiply, transformPoint } from '@photopeak/imaging';
import type { Code } from '../../codes/index.ts';
import { type Dataset, UID } from '../../data/index.ts';
import { objectError, readCode } from '../common/index.ts';

/** One frame of reference (or set of images) and how it maps into the registered one. */
export interface RegistrationItem {
  /** Absent where the item names images only. */
  readonly frameOfReferenceUid?: string;
  /** SOP Instance UIDs. */
  readonly images: readonly string[];
  /** Point of the item → registered point, LPS mm. */
  readonly toRegistered: Mat4;
  /** RIGID, RIGID_SCALE, AFFINE. */
  readonly type: string;
  readonly method?: Code;
}

/** A displacement on a grid of the registered frame of reference, PS3.3 C.20.3.1.3. */
export interface DeformationGrid {
  readonly size: Vec3;
  readonly spacingMm: Vec3;
  readonly origin: Vec3;
  /** Image Orientation (Patient) of the grid. */
  readonly orientation: readonly number[];
  /** Interleaved x, y, z in mm; NaN where undefined. */
  readonly vectors: Float32Array;
}

/** How a registered point is found in the source images: post · (pre · point + displacement(point)). */
export interface DeformableItem {
  readonly sourceFrameOfReferenceUid: string;
  readonly images: readonly string[];
  readonly preDeformation: Mat4;
  readonly postDeformation: Mat4;
  readonly grid?: DeformationGrid;
  readonly method?: Code;
}

export type Registration = {
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly contentLabel?: string;
  /** The frame of reference everything maps into. */
  readonly registeredFrameOfReferenceUid: string;
  /** Irregularities that did not stop the reading. */
  readonly findings: readonly string[];
} & (
  | { readonly kind: 'matrix'; readonly items: readonly RegistrationItem[] }
  | { readonly kind: 'deformable'; readonly items: readonly DeformableItem[] }
);

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };

function readMatrix(item: Dataset): Mat4 | undefined {
  const values = item.numbers('FrameOfReferenceTransformationMatrix');
  return values.length === 16 && values.every(Number.isFinite) ? (values as unknown as Mat4) : undefined;
}

function imagesOf(item: Dataset): readonly string[] {
  return item
    .items('ReferencedImageSequence')
    .flatMap((image) => image.text('ReferencedSOPInstanceUID') ?? []);
}

function readMatrixItem(item: Dataset, findings: string[]): RegistrationItem {
  const registration = item.item('MatrixRegistrationSequence');
  const steps = registration?.items('MatrixSequence') ?? [];
  const matrices = steps.map(readMatrix).filter((matrix) => matrix !== undefined);
  if (matrices.length !== steps.length || matrices.length === 0) {
    throw objectError('OBJECT_INCOMPLETE', 'A registration item has no valid matrix', {
      where: 'FrameOfReferenceTransformationMatrix (3006,00C6)',
      expected: '16 numbers',
    });
  }
  // Writers disagree about the order of several matrices, so that the reader is told.
  if (matrices.length > 1)
    findings.push('a registration item has several matrices; the first is applied first');
  return {
    ...optional('frameOfReferenceUid', item.text('FrameOfReferenceUID')),
    images: imagesOf(item),
    toRegistered: matrices.reduce<Mat4>((product, matrix) => multiply(matrix, product), identity),
    type: steps[0]?.text('FrameOfReferenceTransformationMatrixType') ?? 'RIGID',
    ...optional(
      'method',
      registration === undefined ? undefined : readCode(registration, 'RegistrationTypeCodeSequence'),
    ),
  };
}

function readGrid(item: Dataset): DeformationGrid | undefined {
  const grid = item.item('DeformableRegistrationGridSequence');
  if (grid === undefined) return undefined;
  const size = grid.numbers('GridDimensions');
  const spacing = grid.numbers('GridResolution');
  const origin = grid.numbers('ImagePositionPatient');
  const orientation = grid.numbers('ImageOrientationPatient');
  const bytes = grid.bytes('VectorGridData');
  const [x = 0, y = 0, z = 0] = size;
  const needed = x * y * z * 3 * Float32Array.BYTES_PER_ELEMENT;
  if (size.length !== 3 || spacing.length !== 3 || origin.length !== 3 || orientation.length !== 6) {
    throw objectError('OBJECT_INCOMPLETE', 'The deformation grid has no geometry', {
      where: 'DeformableRegistrationGridSequence (0064,0005)',
    });
  }
  if (bytes === undefined || bytes.length < needed || needed === 0) {
    throw objectError('OBJECT_INCOMPLETE', 'The deformation grid is too short', {
      where: 'VectorGridData (0064,0009)',
      expected: `${needed} bytes`,
      found: `${bytes?.length ?? 0} bytes`,
    });
  }
  return {
    size: size as unknown as Vec3,
    spacingMm: spacing as unknown as Vec3,
    origin: origin as unknown as Vec3,
    orientation,
    vectors: new Float32Array(bytes.slice(0, needed).buffer),
  };
}

function readDeformableItem(item: Dataset): DeformableItem {
  const matrix = (
    keyword: 'PreDeformationMatrixRegistrationSequence' | 'PostDeformationMatrixRegistrationSequence',
  ) => {
    const holder = item.item(keyword);
    return holder === undefined ? identity : (readMatrix(holder) ?? identity);
  };
  return {
    sourceFrameOfReferenceUid: item.text('SourceFrameOfReferenceUID') ?? '',
    images: imagesOf(item),
    preDeformation: matrix('PreDeformationMatrixRegistrationSequence'),
    postDeformation: matrix('PostDeformationMatrixRegistrationSequence'),
    ...optional('grid', readGrid(item)),
    ...optional('method', readCode(item, 'RegistrationTypeCodeSequence')),
  };
}

/**
 * Reads a Spatial Registration or a Deformable Spatial Registration. Mind the directions: a matrix maps a source
 * point into the registered frame, a deformation maps a registered point into the source (PS3.3 C.20.2, C.20.3).
 */
export function readRegistration(object: Dataset): Registration {
  const sopClass = object.text('SOPClassUID');
  const findings: string[] = [];
  const common = {
    sopInstanceUid: object.text('SOPInstanceUID') ?? '',
    studyInstanceUid: object.text('StudyInstanceUID') ?? '',
    ...optional('contentLabel', object.text('ContentLabel')),
    registeredFrameOfReferenceUid: object.text('FrameOfReferenceUID') ?? '',
    findings,
  };
  if (sopClass === UID.SpatialRegistrationStorage) {
    const items = object.items('RegistrationSequence').map((item) => readMatrixItem(item, findings));
    return { ...common, kind: 'matrix', items };
  }
  if (sopClass === UID.DeformableSpatialRegistrationStorage) {
    return {
      ...common,
      kind: 'deformable',
      items: object.items('DeformableRegistrationSequence').map(readDeformableItem),
    };
  }
  throw objectError('OBJECT_KIND_UNEXPECTED', 'The object is not a registration', {
    expected: 'Spatial Registration or Deformable Spatial Registration',
    found: sopClass ?? 'no SOP class',
  });
}

/** What identifies one side of a registration: the images, else their frame of reference. */
export interface RegistrationSide {
  readonly frameOfReferenceUid?: string;
  readonly sopInstanceUids?: readonly string[];
}

/**
 * The matrix that takes points of `from` to `to`, through the registered frame; undefined where the object says
 * nothing about one of them. Images named by an item decide before frames of reference.
 */
export function matrixBetween(
  registration: Extract<Registration, { kind: 'matrix' }>,
  from: RegistrationSide,
  to: RegistrationSide,
): Mat4 | undefined {
  const matrixOf = (side: RegistrationSide): Mat4 | undefined => {
    const uids = new Set(side.sopInstanceUids ?? []);
    const byImage = registration.items.find((item) => item.images.some((image) => uids.has(image)));
    if (byImage !== undefined) return byImage.toRegistered;
    if (side.frameOfReferenceUid === undefined) return undefined;
    const byFrame = registration.items.find((item) => item.frameOfReferenceUid === side.frameOfReferenceUid);
    if (byFrame !== undefined) return byFrame.toRegistered;
    return side.frameOfReferenceUid === registration.registeredFrameOfReferenceUid ? identity : undefined;
  };
  const [a, b] = [matrixOf(from), matrixOf(to)];
  return a === undefined || b === undefined ? undefined : multiply(invert(b), a);
}

/** Where a registered point lies in the source images; undefined outside the grid or where no vector is given. */
export function deformPoint(item: DeformableItem, point: Vec3): Vec3 | undefined {
  const before = transformPoint(item.preDeformation, point);
  const shift = item.grid === undefined ? ([0, 0, 0] as const) : displacementAt(item.grid, point);
  if (shift === undefined) return undefined;
  return transformPoint(item.postDeformation, [
    before[0] + shift[0],
    before[1] + shift[1],
    before[2] + shift[2],
  ]);
}

/** Trilinear interpolation of the displacement at a registered point. */
function displacementAt(grid: DeformationGrid, point: Vec3): Vec3 | undefined {
  const o = grid.orientation as readonly [number, number, number, number, number, number];
  const axes: readonly Vec3[] = [
    [o[0], o[1], o[2]],
    [o[3], o[4], o[5]],
    [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]],
  ];
  const from = [point[0] - grid.origin[0], point[1] - grid.origin[1], point[2] - grid.origin[2]] as const;
  const at = axes.map(
    (axis, index) => (axis[0] * from[0] + axis[1] * from[1] + axis[2] * from[2]) / grid.spacingMm[index]!,
  );
  if (at.some((value, axis) => value < -1e-6 || value > grid.size[axis]! - 1 + 1e-6)) return undefined;
  const base = at.map((value, axis) =>
    Math.min(Math.max(0, Math.floor(value)), Math.max(0, grid.size[axis]! - 2)),
  );
  const sum: [number, number, number] = [0, 0, 0];
  for (let corner = 0; corner < 8; corner++) {
    let weight = 1;
    const index = base.map((value, axis) => {
      const upper = (corner >> axis) & 1;
      const part = at[axis]! - value;
      weight *= upper === 1 ? part : 1 - part;
      return Math.min(value + upper, grid.size[axis]! - 1);
    });
    if (weight <= 1e-12) continue;
    const start = 3 * (index[0]! + grid.size[0] * (index[1]! + grid.size[1] * index[2]!));
    for (const axis of [0, 1, 2] as const) sum[axis] += weight * grid.vectors[start + axis]!;
  }
  return sum.some(Number.isNaN) ? undefined : sum;
}
