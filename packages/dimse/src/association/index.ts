export {
  type AssociateOptions,
  associate,
  type Peer,
  type ProposedSyntaxes,
  type RequestedAssociation,
} from './connect.ts';
export type { RequestCommand } from './exchange.ts';
export { type AcceptedContext, type AssociationEnd, type AssociationInfo, mayRequest } from './info.ts';
export type { OpenAssociation } from './open-association.ts';
export {
  type AllowedPeer,
  DEFAULT_MAX_ASSOCIATIONS,
  DEFAULT_MAX_ASSOCIATIONS_PER_ADDRESS,
  type DimseServer,
  type DimseServerEvent,
  type DimseServerOptions,
  type IdentityAnswer,
  type IdentityClaim,
  listen,
} from './server.ts';
export type { IncomingRequest, Reply, ResponseFields, Service, ServiceSession } from './service.ts';
export { DEFAULT_TIMEOUTS, type Timeouts } from './timeouts.ts';
