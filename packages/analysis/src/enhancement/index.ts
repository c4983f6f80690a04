export * from './ct/index.ts';
export * from './ultrasound/index.ts';
