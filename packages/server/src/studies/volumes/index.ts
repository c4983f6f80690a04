export { createVolumeCache, type VolumeCache } from './cache.ts';
export { runDeformation } from './deformation.ts';
export { type LabelKind, runLabels } from './label-map.ts';
export { prepareRun } from './prepare-run.ts';
export { layerVolume, type SeriesVolumeContext, seriesVolume } from './series-volume.ts';
