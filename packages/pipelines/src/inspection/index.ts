export { compareForeignFactors, inspectFolder, studyFindings, toFinding } from './inspect.ts';
export { INSPECT_SCHEMA, type InspectedSeries, type Inspection, inspection } from './schema.ts';
