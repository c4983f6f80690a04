export {
  type Area,
  type BurnedInRegion,
  burnedInRegions,
} from './burned-in-regions.ts';
export { type DeidentificationContext, deidentify } from './deidentify.ts';
export { deidentifyPart10, type PixelContext } from './pixels.ts';
export {
  type DeidentificationOption,
  type DeidentificationProfile,
  deidentificationOptions,
  suvOptions,
} from './profile.ts';
export { profileEdition } from './profile-table.ts';
export { createPseudonyms, type Pseudonyms } from './pseudonyms.ts';
export { type Reidentification, reidentify } from './reidentify.ts';
export type { SafePrivateElement } from './safe-private.ts';
