import { type DisplacementField, type Mat4, toWorld, type Vec3 } from '@photopeak/imaging';
import { type Code, dcm } from '../../codes/index.ts';
import { Dataset, UID } from '../../data/index.ts';
import {
  addBodyPart,
  addCommonInstanceReferences,
  addContentDateTime,
  addContentIdentification,
  addFrameOfReference,
  codeItem,
  declareCodingSchemes,
  type ObjectContext,
  objectError,
  sopReferenceItem,
  startObject,
} from '../common/index.ts';
import type { RegisteredImages } from './build.ts';
import { isRigid } from './matrix.ts';

export interface DeformableRegistrationInput {
  readonly context: ObjectContext;
  readonly fixed: RegisteredImages;
  readonly moving: RegisteredImages;
  /** A point x of the fixed images lies at `pull(x + field(x))` in the moving ones (LPS mm). */
  readonly pull: Mat4;
  readonly field: DisplacementField;
  /** How it was found, CID 7100. Default: Image Content-based Alignment. */
  readonly method?: Code;
  /** Content Label, at most 16 characters of upper case, digits, underscore. Default DEFORMABLE. */
  readonly label?: string;
  readonly description?: string;
  readonly creatorName?: string;
}

/** The vectors in the order of a right-handed grid: DICOM takes the third axis as the product of the first two. */
function rightHanded(field: DisplacementField): DisplacementField {
  const d = field.direction;
  const determinant =
    d[0] * (d[4] * d[8] - d[5] * d[7]) -
    d[1] * (d[3] * d[8] - d[5] * d[6]) +
    d[2] * (d[3] * d[7] - d[4] * d[6]);
  if (determinant > 0) return field;
  const [nx, ny, nz] = field.size;
  const plane = 3 * nx * ny;
  const data = new Float32Array(plane * nz);
  for (let k = 0; k < nz; k++)
    data.set(field.data.subarray(plane * k, plane * (k + 1)), plane * (nz - 1 - k));
  return {
    ...field,
    origin: toWorld(field, [0, 0, nz - 1]),
    direction: [d[0], d[1], -d[2], d[3], d[4], -d[5], d[6], d[7], -d[8]],
    data,
  };
}

/** How far the third axis may lie off the product of the first two. */
const SHEAR_TOLERANCE = 1e-4;

function checkAxes({ direction: d }: DisplacementField): void {
  const across: Vec3 = [d[3] * d[7] - d[6] * d[4], d[6] * d[1] - d[0] * d[7], d[0] * d[4] - d[3] * d[1]];
  const off = Math.hypot(across[0] - d[2], across[1] - d[5], across[2] - d[8]);
  if (off <= SHEAR_TOLERANCE) return;
  throw objectError('OBJECT_INPUT_INVALID', 'The axes of a deformation grid are perpendicular', {
    expected: 'a third axis that is the product of the first two',
    found: `one that is off by ${off.toFixed(4)}`,
  });
}

/** Little-endian float32, PS3.3 C.20.3.1.3. */
function vectorBytes(data: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * data.length);
  const view = new DataView(bytes.buffer);
  for (let n = 0; n < data.length; n++) view.setFloat32(4 * n, data[n]!, true);
  return bytes;
}

/**
 * Deformable Spatial Registration (PS3.3 A.39.2). Its frame of reference is the fixed one; it says where a registered
 * point is found in the moving images, M_post · (point + displacement(point)) — the opposite direction of a Spatial
 * Registration (C.20.3.1.1). The matrix stands after the deformation, so it is the pull.
 */
export function buildDeformableRegistration(input: DeformableRegistrationInput): Dataset {
  const { context, fixed, moving, pull } = input;
  const field = rightHanded(input.field);
  checkAxes(field);
  if (!pull.every(Number.isFinite) || !field.data.every(Number.isFinite)) {
    throw objectError('OBJECT_INPUT_INVALID', 'A deformation is made of finite numbers', {
      found: 'NaN or infinity',
    });
  }
  const object = startObject(context, UID.DeformableSpatialRegistrationStorage, 'REG');
  addBodyPart(object, context.source);
  addFrameOfReference(object, fixed.frameOfReferenceUid, context.source);
  addContentDateTime(object, context);
  addContentIdentification(object, { ...input, label: input.label ?? 'DEFORMABLE' });
  const d = field.direction;
  object.set(
    'DeformableRegistrationSequence',
    Dataset.of({
      SourceFrameOfReferenceUID: moving.frameOfReferenceUid,
      ReferencedImageSequence: moving.images.length > 0 ? moving.images.map(sopReferenceItem) : undefined,
      RegistrationTypeCodeSequence: codeItem(input.method ?? dcm.imageContentBasedAlignment),
      PostDeformationMatrixRegistrationSequence: Dataset.of({
        FrameOfReferenceTransformationMatrixType: isRigid(pull) ? 'RIGID' : 'AFFINE',
        FrameOfReferenceTransformationMatrix: pull,
      }),
      DeformableRegistrationGridSequence: Dataset.of({
        ImagePositionPatient: field.origin,
        ImageOrientationPatient: [d[0], d[3], d[6], d[1], d[4], d[7]],
        GridDimensions: field.size,
        GridResolution: field.spacingMm,
        VectorGridData: vectorBytes(field.data),
      }),
    }),
  );
  addCommonInstanceReferences(object, object.text('StudyInstanceUID') ?? '', [
    ...fixed.images,
    ...moving.images,
  ]);
  declareCodingSchemes(object, context.equipment.manufacturer);
  return object;
}
