export { type DecidedRun, listDecidedRuns } from './decided-runs.ts';
export { laidOutModel } from './lay-out.ts';
export { pinModels } from './pin.ts';
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
export { runtimeOptions } from './runtime-options.ts';
export { type ComparisonRow, listComparisons, runShadows } from './shadow.ts';
export { signDigest } from './signature.ts';
export { siteModels } from './site-models.ts';
export { openModelStore } from './store.ts';
export { failingModels } from './uses.ts';
