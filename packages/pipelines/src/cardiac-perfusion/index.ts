export { buildNormals, type NormalsInput } from './build-normals.ts';
export { NORMALS_SCHEMA, type NormalsFile } from './normals-file.ts';
export { type CardiacParameters, cardiacParameters } from './parameters.ts';
export { cardiacPerfusion } from './pipeline.ts';
export { CARDIAC_SUMMARY_SCHEMA, type CardiacSummary, cardiacSummary } from './summary.ts';
