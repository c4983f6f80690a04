import type { Instance } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { patientHash } from './patient.ts';

/** The hash of the one patient of a study, empty without files. Throws `INPUT_MIXED_PATIENTS`. */
export function onePatient(instances: readonly Instance[], studyInstanceUid: string): string {
  const hashes = [...new Set(instances.map(({ dataset }) => patientHash(dataset)))].sort();
  if (hashes.length > 1) {
    throw new PhotopeakError('the study holds files of more than one patient', {
      code: 'INPUT_MIXED_PATIENTS',
      expected: 'one patient for one Study Instance UID',
      found: `${hashes.length} patients`,
      where: studyInstanceUid,
      remedy: 'separate the patients at the source and send the study again',
    });
  }
  return hashes[0] ?? '';
}
