export { analyseReadings, type ReaderItem, type Reading, readerOrder } from '@photopeak/analysis';
export { archAi, assessAi } from './acr-exports.ts';
export { compareResults, type ResultDifference } from './compare-results.ts';
export { type CompareVersionsInput, compareVersions, type VersionsCompared } from './compare-versions.ts';
export { measureFacts } from './measures.ts';
export { type ReaderCase, type ReaderDisplay, readerCases } from './reader-pictures.ts';
export { type ReaderStudyReport, readerStudyReport } from './reader-report.ts';
export { validationCsv, validationReport } from './report.ts';
export { MODEL_VALIDATION_SCHEMA, type ModelValidation, modelValidation } from './schema.ts';
export {
  comparisonReport,
  MODEL_COMPARISON_SCHEMA,
  type ModelComparison,
  modelComparison,
  summariseComparison,
} from './shadow-report.ts';
export { type ValidationInput, type ValidationResult, validateModel } from './validate-model.ts';
