export {
  cumulativeMl,
  type DoseHistogram,
  type DoseMetric,
  doseAtVolume,
  parseDoseMetric,
  type VolumePart,
  volumeAtDose,
} from './histogram.ts';
export { type DoseHistogramOptions, structureHistogram } from './structure-histogram.ts';
