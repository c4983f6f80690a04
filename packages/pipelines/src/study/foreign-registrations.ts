import { type Deformation, invertDeformation } from '@photopeak/analysis';
import {
  type Code,
  type DeformableItem,
  deformationOf,
  matrixBetween,
  type RegistrationSide,
  readFilePart10,
  readRegistration,
  UID,
} from '@photopeak/dicom';
import { invert, type Mat4 } from '@photopeak/imaging';

/** A registration object by another writer that relates two series. */
export interface GivenRegistration {
  readonly sopInstanceUid: string;
  /** Moving to fixed, LPS mm; of a deformable one, its linear part. */
  readonly matrix: Mat4;
  /** Only of a deformable one: from the fixed to the moving image. */
  readonly deformation?: Deformation;
  /** How it was found (CID 7100), where the object says so. */
  readonly method?: Code;
}

export const isRegistration = (sopClassUid: string): boolean =>
  sopClassUid === UID.SpatialRegistrationStorage || sopClassUid === UID.DeformableSpatialRegistrationStorage;

/** The item of a deformable registration whose source is this side: its images decide before frames of reference. */
function itemFrom(
  items: readonly DeformableItem[],
  { sopInstanceUids, frameOfReferenceUid }: RegistrationSide,
) {
  const uids = new Set(sopInstanceUids);
  return (
    items.find(({ images }) => images.some((image) => uids.has(image))) ??
    items.find(
      ({ sourceFrameOfReferenceUid, images }) =>
        images.length === 0 && sourceFrameOfReferenceUid === frameOfReferenceUid,
    )
  );
}

/**
 * What a registration object says about two series; undefined where it is about others. A deformable one may lead
 * either way: the one from the fixed to the moving image is taken as it is, the other inverted.
 */
export function registrationBetween(
  path: string,
  fixed: RegistrationSide,
  moving: RegistrationSide,
): GivenRegistration | undefined {
  const registration = readRegistration(readFilePart10(path).dataset);
  const { sopInstanceUid, registeredFrameOfReferenceUid } = registration;
  const withMethod = (method: Code | undefined) => (method === undefined ? {} : { method });
  if (registration.kind === 'matrix') {
    const matrix = matrixBetween(registration, moving, fixed);
    const method = registration.items.find((item) => item.method !== undefined)?.method;
    return matrix === undefined ? undefined : { sopInstanceUid, matrix, ...withMethod(method) };
  }
  for (const [registered, source, isInverse] of [
    [fixed, moving, false],
    [moving, fixed, true],
  ] as const) {
    if (registeredFrameOfReferenceUid !== registered.frameOfReferenceUid) continue;
    const item = itemFrom(registration.items, source);
    if (item === undefined) continue;
    const given = deformationOf(item);
    const deformation = isInverse ? invertDeformation(given) : given;
    return { sopInstanceUid, matrix: invert(deformation.pull), deformation, ...withMethod(item.method) };
  }
  return undefined;
}
