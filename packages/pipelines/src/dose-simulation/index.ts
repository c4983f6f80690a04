export { doseSimulationParameters } from './parameters.ts';
export { doseSimulation } from './pipeline.ts';
export { DOSE_SIMULATION_SCHEMA, type DoseSimulationSummary, doseSimulationSummary } from './summary.ts';
