export { computeDoseVolumes, type DoseVolumesInput } from './dose-volumes.ts';
export { type DoseVolumes, DVH_SCHEMA, doseVolumes } from './schema.ts';
