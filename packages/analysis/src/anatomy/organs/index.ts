export {
  type BodyComposition,
  type MeasuredComposition,
  measureComposition,
  TISSUE_LABELS,
  type TissueName,
} from './composition.ts';
export type { L3Plane } from './l3-plane.ts';
export {
  type CtStructureName,
  ctStructureNames,
  ORGAN_LABELS,
  type OrganName,
  organNames,
  type VertebraStructure,
} from './names.ts';
export { type CtStructureReport, type OrganAnatomy, segmentOrgans } from './segment-organs.ts';
export type { NamedVertebra } from './spine.ts';
