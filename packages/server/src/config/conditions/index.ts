export {
  type AttributePath,
  type AttributeStep,
  parseAttributePath,
} from './attribute-path.ts';
export * from './condition.ts';
export { describeCondition } from './describe.ts';
export { conditionJsonSchema, seriesConditionJsonSchema } from './json-schema.ts';
export { parseCondition } from './parse-condition.ts';
export { parseTimeWindow } from './time-window.ts';
