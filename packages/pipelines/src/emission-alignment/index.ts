export { alignEmission, type EmissionAlignInput, type EmissionAlignment } from './align.ts';
