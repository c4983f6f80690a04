export * from './execution/index.ts';
export * from './inspection/index.ts';
export * from './pairing/index.ts';
export {
  type PetctLesion,
  type PetctSummary,
  petctSummary,
  SUMMARY_SCHEMA,
} from './petct-oncology/summary.ts';
export type * from './pipeline.ts';
export * from './study/index.ts';
