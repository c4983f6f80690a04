export {
  applyMerges,
  type ChangeContext,
  mergePatients,
  moveStudies,
  undoPatientChange,
  updatePatient,
} from './changes.ts';
export {
  findSegment,
  missing,
  type Patient,
  type PatientKey,
  physicianName,
  readKey,
  readPatient,
  short,
} from './identity.ts';
export { listPatientChanges } from './list-changes.ts';
export { resolvePatient, samePatient } from './patients.ts';
