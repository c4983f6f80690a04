export { type CtIrradiation, ctIrradiations, X_RAY_DOSE_REPORT } from './read.ts';
