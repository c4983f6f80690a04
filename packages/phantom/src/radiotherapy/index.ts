export {
  type PhantomPlan,
  type PlanOptions,
  type PlanTarget,
  type PlanTruth,
  phantomPlan,
  planDoseAt,
} from './plan.ts';
