export { INPUT_LIMITS, inputChecks } from './input-checks.ts';
export { chosenPair, compareForeignFactors, inspectFolder, studyFindings, toFinding } from './inspect.ts';
export { INSPECT_SCHEMA, type InspectedSeries, type Inspection, inspection } from './schema.ts';
