export { parseKey, type QueryKey } from './keys.ts';
export {
  type LevelArguments,
  modelOf,
  queryKeys,
  queryLevelOf,
} from './levels.ts';
export { identityOf, type PeerArguments, peerOf, withPeerOptions } from './peer-options.ts';
export { describeJson, describeTable, runQuery } from './query.ts';
export {
  describeRetrieval,
  followRetrieval,
  retrievalExit,
  retrievalOf,
  withRetrievalOptions,
} from './retrieval.ts';
export { cancelSignal, withAssociation } from './with-association.ts';
