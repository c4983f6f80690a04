import type { RegistrationSide } from '@photopeak/dicom';
import { identity, PhotopeakError } from '@photopeak/imaging';
import type { Finding } from '../pipeline.ts';
import { type GivenRegistration, registrationBetween } from '../study/index.ts';
import type { LoadedImage } from './load.ts';

function sideOf({ series, source }: LoadedImage): RegistrationSide {
  return {
    ...(series?.frameOfReferenceUid === undefined ? {} : { frameOfReferenceUid: series.frameOfReferenceUid }),
    sopInstanceUids: source?.images.slices.map(({ reference }) => reference.sopInstanceUid) ?? [],
  };
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
    const given = registrationBetween(named, sideOf(fixed), sideOf(moving));
    if (given !== undefined) return given;
    throw new PhotopeakError('the registration object is about other images', {
      code: 'REGISTER_UNRELATED',
      expected: 'an object that names both images, or their frames of reference',
      where: named,
      remedy: 'give the object that belongs to these series, or none',
    });
  }
  for (const { path } of [...fixed.registrations, ...moving.registrations]) {
    const given = registrationBetween(path, sideOf(fixed), sideOf(moving));
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
