export { readStructureSet } from './read.ts';
export type { Contour, ContourType, StructureRoi, StructureSet } from './structure.ts';
