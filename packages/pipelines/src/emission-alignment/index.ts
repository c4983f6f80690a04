export { alignEmission, type EmissionAlignInput, type EmissionAlignment } from './align.ts';
export { alignmentObject } from './registration-object.ts';
