import type { Deformation } from '@photopeak/analysis';
import {
  deformationOf,
  matrixBetween,
  type RegistrationSide,
  readFilePart10,
  readRegistration,
} from '@photopeak/dicom';
import { identity, invert, type Mat4, PhotopeakError } from '@photopeak/imaging';
import type { Finding } from '../pipeline.ts';
import type { LoadedImage } from './load.ts';

/** A registration object by another writer that relates the two images. */
export interface GivenRegistration {
  readonly path: string;
  /** Moving to fixed, LPS mm; of a deformable one, its linear part. */
  readonly matrix: Mat4;
  /** Only of a deformable one. */
  readonly deformation?: Deformation;
}

function sideOf({ series, source }: LoadedImage): RegistrationSide {
  return {
    ...(series?.frameOfReferenceUid === undefined ? {} : { frameOfReferenceUid: series.frameOfReferenceUid }),
    sopInstanceUids: source?.images.slices.map(({ reference }) => reference.sopInstanceUid) ?? [],
  };
}

/** What a registration object says about the two images; undefined where it is about others. */
export function givenIn(
  path: string,
  fixed: LoadedImage,
  moving: LoadedImage,
): GivenRegistration | undefined {
  const registration = readRegistration(readFilePart10(path).dataset);
  const [to, from] = [sideOf(fixed), sideOf(moving)];
  if (registration.kind === 'matrix') {
    const matrix = matrixBetween(registration, from, to);
    return matrix === undefined ? undefined : { path, matrix };
  }
  if (registration.registeredFrameOfReferenceUid !== to.frameOfReferenceUid) return undefined;
  const uids = new Set(from.sopInstanceUids);
  const item =
    registration.items.find(({ images }) => images.some((image) => uids.has(image))) ??
    registration.items.find(
      ({ sourceFrameOfReferenceUid, images }) =>
        images.length === 0 && sourceFrameOfReferenceUid === from.frameOfReferenceUid,
    );
  if (item === undefined) return undefined;
  const deformation = deformationOf(item);
  return { path, matrix: invert(deformation.pull), deformation };
}

/**
 * The registration to start from: the one that was named, else the first of other writers beside the images that
 * relates them. Throws `REGISTER_UNRELATED` where the named one is about other images.
 */
export function startingRegistration(
  named: string | undefined,
  fixed: LoadedImage,
  moving: LoadedImage,
  findings: Finding[],
): GivenRegistration | undefined {
  if (named !== undefined) {
    const given = givenIn(named, fixed, moving);
    if (given !== undefined) return given;
    throw new PhotopeakError('the registration object is about other images', {
      code: 'REGISTER_UNRELATED',
      expected: 'an object that names both images, or their frames of reference',
      where: named,
      remedy: 'give the object that belongs to these series, or none',
    });
  }
  for (const { path } of [...fixed.registrations, ...moving.registrations]) {
    const given = givenIn(path, fixed, moving);
    if (given === undefined) continue;
    if (given.matrix.every((value, at) => value === identity[at]) && given.deformation === undefined)
      continue;
    findings.push({
      code: 'REGISTER_FOREIGN_START',
      severity: 'info',
      message: 'a registration object by another writer lies beside the images and serves as the start',
      remedy: 'leave it out with --ignore-registrations',
    });
    return given;
  }
  return undefined;
}
