import { identity, type Mat4 } from '@photopeak/imaging';
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
  type InstanceReference,
  type ObjectContext,
  objectError,
  sopReferenceItem,
  startObject,
} from '../common/index.ts';
import { isRigid } from './matrix.ts';

/** Images that share a frame of reference. */
export interface RegisteredImages {
  readonly frameOfReferenceUid: string;
  readonly images: readonly InstanceReference[];
}

export type MatrixType = 'RIGID' | 'RIGID_SCALE' | 'AFFINE';

export interface MovingImages extends RegisteredImages {
  /** Takes a point of the moving images (LPS mm) to the same point of the body in the fixed images. */
  readonly movingToFixed: Mat4;
  /** Default RIGID. */
  readonly type?: MatrixType;
  /** How it was found, CID 7100. Default: Image Content-based Alignment. */
  readonly method?: Code;
}

export interface SpatialRegistrationInput {
  readonly context: ObjectContext;
  readonly fixed: RegisteredImages;
  readonly moving: readonly MovingImages[];
  /** Content Label, at most 16 characters of upper case, digits, underscore. Default REGISTRATION. */
  readonly label?: string;
  readonly description?: string;
  readonly creatorName?: string;
}

/** Item of Registration Sequence (0070,0308), PS3.3 Table C.20.2-1. */
function registrationItem(
  images: RegisteredImages,
  matrix: Mat4,
  type: MatrixType,
  method: Code | undefined,
  namesFrame: boolean,
): Dataset {
  return Dataset.of({
    FrameOfReferenceUID: namesFrame ? images.frameOfReferenceUid : undefined,
    ReferencedImageSequence: images.images.length > 0 ? images.images.map(sopReferenceItem) : undefined,
    MatrixRegistrationSequence: Dataset.of({
      RegistrationTypeCodeSequence: method === undefined ? null : codeItem(method),
      // Exactly one matrix: the order of several is read differently by different software.
      MatrixSequence: Dataset.of({
        FrameOfReferenceTransformationMatrixType: type,
        FrameOfReferenceTransformationMatrix: matrix,
      }),
    }),
  });
}

/**
 * Spatial Registration (PS3.3 A.39.1): one item for the fixed images with the identity, one for each moving set. The
 * frame of reference of the object is the fixed one; each matrix maps a point of its item into it (C.20.2.1.1).
 *
 * Where moving and fixed images share a frame of reference (hybrid PET/CT), the item names its images only: a
 * matrix from a frame to itself that is not the identity would contradict itself.
 */
export function buildSpatialRegistration(input: SpatialRegistrationInput): Dataset {
  const { context, fixed, moving } = input;
  for (const [index, { movingToFixed, type = 'RIGID', images, frameOfReferenceUid }] of moving.entries()) {
    const where = `moving images ${index + 1}`;
    if (
      !movingToFixed.every(Number.isFinite) ||
      movingToFixed.slice(12).some((value, at) => value !== [0, 0, 0, 1][at])
    ) {
      throw objectError('OBJECT_INPUT_INVALID', 'The last row of a registration matrix is 0 0 0 1', {
        where,
      });
    }
    if (type === 'RIGID' && !isRigid(movingToFixed)) {
      throw objectError('OBJECT_INPUT_INVALID', 'A rigid matrix is a rotation and a translation', { where });
    }
    if (frameOfReferenceUid === fixed.frameOfReferenceUid && images.length === 0) {
      throw objectError('OBJECT_INPUT_INVALID', 'Images of one frame of reference must be named', { where });
    }
  }
  const object = startObject(context, UID.SpatialRegistrationStorage, 'REG');
  addBodyPart(object, context.source);
  addFrameOfReference(object, fixed.frameOfReferenceUid, context.source);
  addContentDateTime(object, context);
  addContentIdentification(object, { ...input, label: input.label ?? 'REGISTRATION' });
  object.set('RegistrationSequence', [
    registrationItem(fixed, identity, 'RIGID', undefined, true),
    ...moving.map((images) =>
      registrationItem(
        images,
        images.movingToFixed,
        images.type ?? 'RIGID',
        images.method ?? dcm.imageContentBasedAlignment,
        images.frameOfReferenceUid !== fixed.frameOfReferenceUid,
      ),
    ),
  ]);
  addCommonInstanceReferences(object, object.text('StudyInstanceUID') ?? '', [
    ...fixed.images,
    ...moving.flatMap(({ images }) => images),
  ]);
  declareCodingSchemes(object, context.equipment.manufacturer);
  return object;
}
