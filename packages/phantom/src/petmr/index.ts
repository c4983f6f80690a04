export * from './dicom/index.ts';
export {
  type MrName,
  type PetmrLesionTruth,
  type PetmrPhantom,
  type PetmrPhantomOptions,
  type PetmrTruth,
  petmrPhantom,
} from './phantom.ts';
