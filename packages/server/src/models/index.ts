export {
  listPlacements,
  type Placement,
  type Promotion,
  promoteModel,
  removeModel,
  resolveModel,
  rollbackModel,
} from './placements.ts';
export { addModel, listModels, type RegistryContext } from './registry.ts';
export { signDigest } from './signature.ts';
export { openModelStore } from './store.ts';
