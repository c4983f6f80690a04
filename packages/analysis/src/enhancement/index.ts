export * from './ct/index.ts';
export * from './harmonise/index.ts';
export * from './metal/index.ts';
export * from './mr/index.ts';
export * from './pet/index.ts';
export * from './super-resolution/index.ts';
export * from './ultrasound/index.ts';
