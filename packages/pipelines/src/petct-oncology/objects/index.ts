export { captureObject } from './captures.ts';
export type { Identity } from './context.ts';
export type { Finished } from './finish.ts';
export { NIFTI_OUTPUTS, type NiftiOutput, niftiObject, segmentNumbers } from './nifti.ts';
export { registrationObject } from './registration.ts';
export { measurementReport } from './report.ts';
export { hasOneFactor, petOnCt, resampledPet } from './resampled-pet.ts';
export { anatomySegmentation, uptakeSegmentation } from './segmentations.ts';
export { type Source, sourceOf } from './source.ts';
