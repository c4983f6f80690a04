export { alignEmission, type EmissionAlignInput, type EmissionAlignment } from './align.ts';
export { alignmentFinding } from './alignment-finding.ts';
export { alignmentObject } from './registration-object.ts';
