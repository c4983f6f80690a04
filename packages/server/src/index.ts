export * from './api/contract.ts';
export { type RebuildReport, rebuildIndex } from './archive/index.ts';
export {
  type Configuration,
  ConfigurationError,
  configurationJsonSchema,
  configurationSchema,
  defaultConfiguration,
  loadConfiguration,
  parseConfiguration,
} from './config/index.ts';
export { uncompressedConversion } from './delivery/dimse/index.ts';
export { createAccount, readAnchor, verifyAudit } from './governance/index.ts';
export * from './node/index.ts';
export { decideRoute, type RouteDecision, type StudyFacts } from './routing/index.ts';
export { type ReplayReport, replayRun } from './workflow/index.ts';
