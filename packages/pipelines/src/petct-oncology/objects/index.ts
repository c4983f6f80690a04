export type { Finished } from '../../objects/index.ts';
export { type Source, sourceOf } from '../../objects/index.ts';
export { type Identity, SERIES } from './context.ts';
export { lesionGroup, suvMeasurement, totalsGroup, tracerEvaluation } from './groups.ts';
export { NIFTI_OUTPUTS, type NiftiOutput, niftiObject, segmentNumbers } from './nifti.ts';
export { deformationObject, registrationObject } from './registration.ts';
export { measurementReport } from './report.ts';
export { hasOneFactor, petOnCt, resampledPet } from './resampled-pet.ts';
export { anatomySegmentation, compositionSeg, lobesSeg, uptakeSegmentation } from './segmentations.ts';
