export * from './alerts/index.ts';
export * from './archive-care/index.ts';
export * from './backup/index.ts';
export * from './doctor/index.ts';
export { type Check, checkHealth } from './health.ts';
export { createLogger, type Logger } from './logging.ts';
export { type Loop, startLoop } from './loop.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { createParts, type Part, type Parts } from './parts.ts';
