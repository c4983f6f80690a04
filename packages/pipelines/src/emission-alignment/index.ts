export { alignEmission, type EmissionAlignInput, type EmissionAlignment } from './align.ts';
export { alignmentFinding } from './alignment-finding.ts';
export { deformationFinding, deformEmission } from './deform.ts';
export { onAnatomical } from './on-anatomical.ts';
export { registrationObjects } from './registration-object.ts';
export { alignmentFacts, triedDeformation } from './summary.ts';
