export { createVolumeCache, type VolumeCache } from './cache.ts';
export { type LabelKind, runLabels } from './label-map.ts';
export { seriesVolume } from './series-volume.ts';
