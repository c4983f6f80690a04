export { CT_NOISE_SCHEMA, type CtNoiseSummary, ctNoise, ctNoiseSummary } from './pipeline.ts';
