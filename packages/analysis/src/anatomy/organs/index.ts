export type { BodyComposition } from './composition.ts';
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
