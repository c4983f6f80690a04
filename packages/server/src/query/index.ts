export type { QueryLevel } from './attributes.ts';
export { isMatchable } from './conditions.ts';
export { type QueryParameters, query } from './query.ts';
