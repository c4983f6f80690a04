export { type Agreement, compareMasks } from './agreement.ts';
export { BLOOD_BAND, placeBloodPoolReference } from './blood-pool.ts';
export { type FusedAnatomy, type FuseOptions, fuse } from './fused.ts';
export { ANATOMY_LABELS, type StructureName, type StructureReport } from './labels.ts';
export { findLandmarks, type Landmarks } from './landmarks.ts';
export { LIVER_BAND, type LiverBand, placeLiverReference } from './liver.ts';
export {
  aboveFissure,
  drawLobes,
  type Fissure,
  type FissureName,
  LOBE_LABELS,
  type LobeName,
  type LobeReport,
  type LungLobes,
  lobeNames,
  segmentLobes,
} from './lobes/index.ts';
export { type MrAnatomy, type MrImages, segmentMrAnatomy } from './mr/index.ts';
export {
  type BodyComposition,
  type CtStructureName,
  type CtStructureReport,
  ctStructureNames,
  type L3Plane,
  type MeasuredComposition,
  measureComposition,
  type NamedVertebra,
  ORGAN_LABELS,
  type OrganAnatomy,
  type OrganName,
  organNames,
  segmentOrgans,
  TISSUE_LABELS,
  type TissueName,
  type VertebraStructure,
} from './organs/index.ts';
export {
  type ReferenceBand,
  type ReferenceRegion,
  type RegionOutcome,
  regionMaximum,
} from './reference-region.ts';
export { refineAnatomy } from './refine.ts';
export { type CtAnatomy, type CtAnatomyOptions, segmentCtAnatomy, structureMask } from './segment-ct.ts';
