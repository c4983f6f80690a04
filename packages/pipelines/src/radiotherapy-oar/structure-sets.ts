import {
  type Dose,
  readDose,
  readFilePart10,
  readStructureSet,
  type StructureSet,
  UID,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { Finding, StudyInput } from '../pipeline.ts';

const ofClass = (study: StudyInput, sopClassUid: string) =>
  study.instances
    .filter((instance) => instance.sopClassUid === sopClassUid)
    .toSorted((a, b) => (a.sopInstanceUid < b.sopInstanceUid ? -1 : 1));

/** The structure sets of a study; one that cannot be read is told and left out. */
export function structureSetsOf(study: StudyInput, findings: Finding[]): StructureSet[] {
  return ofClass(study, UID.RTStructureSetStorage).flatMap(({ path, sopInstanceUid }) => {
    try {
      const set = readStructureSet(readFilePart10(path).dataset);
      for (const message of set.findings) {
        findings.push({
          code: 'RT_STRUCTURES_NOTE',
          severity: 'warning',
          message: `${set.label}: ${message}`,
        });
      }
      return [set];
    } catch (error) {
      findings.push(unreadable('structure set', sopInstanceUid, error));
      return [];
    }
  });
}

/** The doses of a study; one that cannot be read is told and left out. */
export async function dosesOf(study: StudyInput, findings: Finding[]): Promise<Dose[]> {
  const doses: Dose[] = [];
  for (const { path, sopInstanceUid } of ofClass(study, UID.RTDoseStorage)) {
    try {
      doses.push(await readDose(readFilePart10(path)));
    } catch (error) {
      findings.push(unreadable('dose', sopInstanceUid, error));
    }
  }
  return doses;
}

function unreadable(what: string, uid: string, error: unknown): Finding {
  if (!(error instanceof PhotopeakError)) throw error;
  return {
    code: error.code,
    severity: 'warning',
    message: `the ${what} ${uid} is not used: ${error.message}`,
  };
}
