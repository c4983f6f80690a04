export { type DenoisedPet, type DenoisePetOptions, denoisePet } from './denoise-pet.ts';
export {
  geometricTransferMatrix,
  iterativeYang,
  type PartialVolumeOptions,
  type RegionValue,
  regionVoxelwiseCorrection,
} from './partial-volume.ts';
