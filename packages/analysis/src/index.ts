export * from './measurements/index.ts';
export * from './suv/index.ts';
