export * from './lesion-pairs/index.ts';
export * from './petct/index.ts';
export * from './suv-reference/index.ts';
