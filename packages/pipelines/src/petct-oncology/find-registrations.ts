import type { RegistrationSide } from '@photopeak/dicom';
import { identity, invert, PhotopeakError } from '@photopeak/imaging';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import {
  type GivenRegistration,
  isOwnResult,
  isRegistration,
  readInstances,
  registrationBetween,
} from '../study/index.ts';
import type { Selection } from './select-series.ts';

export interface FoundRegistrations {
  /** Of the PET to the CT, in the order of their UIDs. */
  readonly given: readonly GivenRegistration[];
  readonly findings: readonly Finding[];
}

/** The study without what is no registration object; undefined where it has none. */
export function registrationsOnly(study: StudyInput): StudyInput | undefined {
  const instances = study.instances.filter(({ sopClassUid }) => isRegistration(sopClassUid));
  return instances.length === 0 ? undefined : { ...study, instances };
}

/** In one frame of reference: that PET and CT lie as they lie. */
const saysNothing = ({ matrix, deformation }: GivenRegistration): boolean =>
  deformation?.field === undefined && matrix.every((value, at) => value === identity[at]);

/** Reads what registration objects by other writers in the study say about the PET and the CT that were chosen. */
export const findRegistrations: Step<
  { readonly study: StudyInput; readonly selection: Selection },
  FoundRegistrations
> = {
  name: 'find-registrations',
  version: '1',
  resource: 'cpu',
  run: async ({ study, selection }) => {
    const { pet, ct } = selection.chosen;
    const objects = registrationsOnly(study);
    if (pet === null || ct === null || objects === undefined) return { given: [], findings: [] };
    const sideOf = ({ seriesInstanceUid, frameOfReferenceUid }: typeof pet): RegistrationSide => ({
      ...(frameOfReferenceUid === null ? {} : { frameOfReferenceUid }),
      sopInstanceUids: study.instances
        .filter((instance) => instance.seriesInstanceUid === seriesInstanceUid)
        .map(({ sopInstanceUid }) => sopInstanceUid),
    });
    const given = new Map<string, GivenRegistration>();
    const findings: Finding[] = [];
    for (const { path, dataset, sopInstanceUid } of readInstances(objects)) {
      if (isOwnResult(dataset)) continue;
      try {
        const found = registrationBetween(path, sideOf(ct), sideOf(pet));
        if (found === undefined) continue;
        // A matrix that cannot be turned round is no registration.
        invert(found.matrix);
        if (selection.frameOfReferenceShared && saysNothing(found)) continue;
        given.set(sopInstanceUid, found);
      } catch (error) {
        if (!(error instanceof PhotopeakError)) throw error;
        findings.push({
          code: 'FOREIGN_REGISTRATION_UNREADABLE',
          severity: 'warning',
          message: `a registration object of the study was not used: ${error.message}`,
          remedy: 'send it again from where it was made',
        });
      }
    }
    const inOrder = [...given].sort(([a], [b]) => (a < b ? -1 : 1));
    return { given: inOrder.map(([, registration]) => registration), findings };
  },
};
