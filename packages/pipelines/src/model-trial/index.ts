export { MODEL_TRIAL_SCHEMA, type ModelTrial, modelTrial } from './schema.ts';
export { type ModelTrialInput, type ModelTrialResult, tryModel } from './try-model.ts';
