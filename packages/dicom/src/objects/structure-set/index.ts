export {
  buildStructureSet,
  type InterpretedType,
  type StructureContour,
  type StructureDescription,
  type StructureSetInput,
  structureSetSyntax,
} from './build.ts';
export { readStructureSet } from './read.ts';
export type { Contour, ContourType, StructureRoi, StructureSet } from './structure.ts';
