export {
  type AssociateOptions,
  associate,
  type Peer,
  type ProposedSyntaxes,
  type RequestedAssociation,
} from './connect.ts';
export type { AcceptedContext, AssociationEnd, AssociationInfo } from './info.ts';
export {
  type AllowedPeer,
  DEFAULT_MAX_ASSOCIATIONS,
  type DimseServer,
  type DimseServerEvent,
  type DimseServerOptions,
  listen,
} from './server.ts';
export type { IncomingRequest, Reply, ResponseFields, Service, ServiceSession } from './service.ts';
export { DEFAULT_TIMEOUTS, type Timeouts } from './timeouts.ts';
