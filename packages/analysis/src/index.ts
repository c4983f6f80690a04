export * from './suv/index.ts';
