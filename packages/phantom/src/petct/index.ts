export { type ArmPosition, type FissureKind, fissureKinds, lobeNames, type Sex } from './anatomy/index.ts';
export { type CourseOptions, lesionCourse } from './course.ts';
export * from './dicom/index.ts';
export { type LesionKind, type LesionRequest, type LesionState, lesionSites } from './lesions.ts';
export type { PetctPhantomOptions } from './options.ts';
export { type PetctPhantom, petctPhantom } from './phantom.ts';
export type { GridPlan, PhantomSize, ScannerStyle } from './scanners.ts';
export { structureNames } from './structures.ts';
export { type PhantomTracer, phantomTracers } from './tracers.ts';
export {
  type DoseTruth,
  type FieldTruth,
  type LandmarkTruth,
  type LesionTruth,
  type PetctTruth,
  tissueNames,
  truthToJson,
} from './truth.ts';
