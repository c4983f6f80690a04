export { buildMeasurementReport, type MeasurementReportInput, reportContent } from './build.ts';
export type {
  Evaluation,
  FindingSite,
  Measurement,
  MeasurementGroup,
  Observer,
  PlanarRegion,
  SegmentationSource,
  Verification,
  VolumeRegion,
} from './content.ts';
export { addEvidence } from './evidence.ts';
export { groupItem, referencesOf } from './groups.ts';
export {
  type ReadGroup,
  type ReadMeasurement,
  type ReadRegion,
  type ReadReport,
  readMeasurementReport,
} from './read.ts';
export type { TimePointContext } from './time-point.ts';
