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
  type RouteConfiguration,
} from './config/index.ts';
export { uncompressedConversion } from './delivery/dimse/index.ts';
export { createAccount, readAnchor, verifyAudit } from './governance/index.ts';
export {
  addModel,
  type ComparisonRow,
  laidOutModel,
  listComparisons,
  listDecidedRuns,
  listModels,
  listPlacements,
  openModelStore,
  type Placement,
  type Promotion,
  promoteModel,
  type RegistryContext,
  removeModel,
  rollbackModel,
  runtimeOptions,
  signDigest,
  siteModels,
} from './models/index.ts';
export * from './node/index.ts';
export {
  type ArchiveProblem,
  type ArchiveVerification,
  type BackupReport,
  createBackup,
  type DoctorFinding,
  type RestoreReport,
  verifyArchive,
} from './operations/index.ts';
export {
  closeReaderStudy,
  createReaderStudy,
  listReaderStudies,
  readingsOf,
  requireReaderStudy,
} from './reader-studies/index.ts';
export { calibrateSite, type UptakeClick, uptakeClicks } from './review/index.ts';
export { decideRoute, factsNeeded, type RouteDecision } from './routing/index.ts';
export { planEnhancements, tryRoutes } from './studies/index.ts';
export { type ReplayReport, replayRun } from './workflow/index.ts';
export { pipelines as nodePipelines } from './workflow/pipelines.ts';
