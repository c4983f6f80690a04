export { encoderOf, identifierOf, parseKey, type QueryKey } from './keys.ts';
export {
  type LevelArguments,
  modelOf,
  queryKeys,
  queryLevelOf,
  retrieveKeys,
  retrieveLevelOf,
} from './levels.ts';
export { identityOf, type PeerArguments, peerOf, withPeerOptions } from './peer-options.ts';
export { describeJson, describeTable, runQuery } from './query.ts';
export { describeRetrieval, followRetrieval, retrievalExit } from './retrieval.ts';
export { cancelSignal, withAssociation } from './with-association.ts';
