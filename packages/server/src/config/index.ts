export { ConfigurationError, defaultConfiguration, loadConfiguration, parseConfiguration } from './load.ts';
export {
  type Configuration,
  conditionAttributes,
  configurationJsonSchema,
  configurationSchema,
  type DestinationConfiguration,
  isLoopback,
  type RouteConditions,
  type RouteConfiguration,
  type SourceConfiguration,
} from './schema.ts';
