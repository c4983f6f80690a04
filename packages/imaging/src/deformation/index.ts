export {
  DEFORMATION_BLOCK,
  type DeformationImages,
  type DeformationResult,
  deform,
  type HeldOutComparison,
} from './deform.ts';
export type {
  DeformationPlan,
  FeatureRecipe,
  FeatureWindow,
  RefinePlan,
  SearchPlan,
} from './plan.ts';
