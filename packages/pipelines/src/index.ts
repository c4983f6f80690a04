export * from './execution/index.ts';
export * from './inspection/index.ts';
export { jsonSchemas } from './json-schemas.ts';
export * from './measuring/index.ts';
export * from './pairing/index.ts';
export * from './petct-oncology/index.ts';
export type * from './pipeline.ts';
export * from './study/index.ts';
