export { type AttributePath, type AttributeStep, parseAttributePath } from './attribute-path.ts';
export * from './condition.ts';
export { describeCondition } from './describe.ts';
export { evaluate, modalitiesOf, type Trace } from './evaluate.ts';
export {
  type FactsNeeded,
  type InstanceFacts,
  instanceFacts,
  type OrderOfStudy,
  type SourceFacts,
  type StudyFacts,
  type StudySeries,
} from './facts.ts';
export { conditionJsonSchema, seriesConditionJsonSchema } from './json-schema.ts';
export { factsNeededBy } from './needs.ts';
export { type Complain, parseCondition } from './parse-condition.ts';
export { isWithin } from './time.ts';
export { parseTimeWindow } from './time-window.ts';
export { glob } from './values.ts';
