// What other pipelines take over of a PET/CT study.

export { wayToPet } from './alignment.ts';
export { type AnalysedStudy, analyseStudy } from './analyse-study.ts';
export { displayWindow, maskOf, planesToPet } from './draw-captures.ts';
export { findLesionsStep } from './find-lesions.ts';
export { seriesOf } from './load-volumes.ts';
export { lesionGroup, suvMeasurement, totalsGroup, uptakeSegmentation } from './objects/index.ts';
export { petctParameters } from './parameters.ts';
export { petctOncology } from './pipeline.ts';
export { segmentAnatomy } from './segment-anatomy.ts';
export type { SeriesKey } from './select-series.ts';
export {
  candidatesOf,
  type LabelledLesion,
  type LabelledRegions,
  labelledRegions,
  reference,
  referencesOf,
  suvOf,
  totalsOf,
  tracerFacts,
} from './summarise.ts';
export { petctSummary } from './summary.ts';
export { type TracerInUse, tracerInUse } from './tracer.ts';
