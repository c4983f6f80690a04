export { changedSettings, inForce } from './changes.ts';
export type { CommitmentSettings } from './commitment.ts';
export type { ImageDestination } from './destinations.ts';
export {
  ConfigurationError,
  defaultConfiguration,
  type KnownPipeline,
  loadConfiguration,
  parseConfiguration,
  parseRoutes,
  type RouteSet,
} from './load.ts';
export type { ImageArchive, PriorRule } from './priors.ts';
export {
  type Configuration,
  configurationJsonSchema,
  configurationSchema,
  type DestinationConfiguration,
  type DimseService,
  type RouteConfiguration,
  type SourceConfiguration,
} from './schema.ts';
export type { DicomTls, TlsClient, TlsServer } from './tls.ts';
export { checkTlsFiles, type NamedCertificate } from './tls-files.ts';
