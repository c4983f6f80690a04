export * from './ultrasound/index.ts';
