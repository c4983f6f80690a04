export * from './petct/index.ts';
