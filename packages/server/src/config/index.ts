export { ConfigurationError, defaultConfiguration, loadConfiguration, parseConfiguration } from './load.ts';
export {
  type Configuration,
  configurationJsonSchema,
  configurationSchema,
  type DestinationConfiguration,
  type RouteConditions,
  type RouteConfiguration,
  type SourceConfiguration,
} from './schema.ts';
