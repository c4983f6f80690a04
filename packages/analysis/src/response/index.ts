export type { Assessment, Statement } from './assessment.ts';
export {
  COMPARABILITY_LIMITS,
  type ComparabilityCheck,
  type ComparabilityItem,
  type ComparabilityLimits,
  comparability,
  notComparableReasons,
  type ScanConditions,
} from './comparability.ts';
export {
  type DeauvilleAssessment,
  type DeauvilleInput,
  type DeauvilleOptions,
  type DeauvilleScore,
  deauville,
  type ReferenceUptake,
} from './deauville.ts';
export {
  LESION_VALUES,
  type LesionValue,
  type LesionValues,
  lesionChange,
  together,
} from './lesion-change.ts';
export {
  DELTA_SUV_LIMITS,
  deltaSuvMax,
  type LuganoCategory,
  type LuganoInput,
  type LuganoOptions,
  lugano,
} from './lugano.ts';
export { matchingFilterFwhm, matchResolution } from './match-resolution.ts';
export {
  type PercistCategory,
  type PercistInput,
  type PercistLesion,
  type PercistOptions,
  type PercistTimePoint,
  percist,
  type SulReference,
} from './percist.ts';
export {
  type MiTnm,
  type MiTnmInput,
  miTnm,
  type PsmaReferences,
  type PsmaScore,
  type PsmaSite,
  psmaScore,
} from './promise.ts';
export { type PromiseDraft, promiseDraft } from './promise-draft.ts';
export { type RecipCategory, type RecipInput, type RecipOptions, recip } from './recip.ts';
export { type RecistCategory, type RecistInput, type RecistTarget, recist } from './recist.ts';
export { type DraftLesion, type RecistDraft, recistDraft } from './recist-draft.ts';
export { type Change, changeOf } from './tolerance.ts';
export { type Trend, type TrendPoint, trend } from './trend.ts';
