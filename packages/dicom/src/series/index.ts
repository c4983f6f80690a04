export { dateTimeOf, dicomDateTime, dicomTime } from './date-time.ts';
export { type PlannedGrid, planSeriesGrid } from './grid.ts';
export { groupSeries, type Series, type SeriesKind } from './group.ts';
export { type Instance, instanceFromHeader } from './instance.ts';
export { type LoadOptions, loadSeriesVolume, type SeriesVolume, type VolumeSlice } from './load.ts';
export { type PetAcquisition, type PetSliceHeader, petAcquisition } from './pet-acquisition.ts';
export { type ScanOptions, type ScanProblem, type ScanResult, scanFolder } from './scan.ts';
export { type Slice, slicesOf } from './slices.ts';
export { type SpectAcquisition, spectAcquisition } from './spect-acquisition.ts';
