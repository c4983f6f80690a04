export * from './anatomy/index.ts';
export * from './contours/index.ts';
export * from './lesions/index.ts';
export * from './matching/index.ts';
export * from './measurements/index.ts';
export * from './registration/index.ts';
export * from './response/index.ts';
export * from './suv/index.ts';
