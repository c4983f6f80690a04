export * from './cardiac/index.ts';
export * from './lesion-pairs/index.ts';
export * from './petct/index.ts';
export * from './petmr/index.ts';
export * from './radiotherapy/index.ts';
export * from './spectct/index.ts';
export * from './suv-reference/index.ts';
export * from './torso-pair/index.ts';
