export { labelsOnto, sampleOnto, valueAt, voxelMap } from './interpolate.ts';
export { CT_PADDING_HU, ctOnPatientGrid, patientGrid } from './patient-grid.ts';
export { reduceBlocks } from './reduce.ts';
