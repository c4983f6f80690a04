export { type AlignmentByHand, alignmentByHand, type MovementByHand, setByHand } from './by-hand.ts';
export { fusionState } from './objects.ts';
export {
  type RegisterImagesInput,
  type RegisterImagesResult,
  type RegistrationType,
  registerImages,
} from './register-images.ts';
export { REGISTER_SCHEMA, type Registered, registered } from './schema.ts';
