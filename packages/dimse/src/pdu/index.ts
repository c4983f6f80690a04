export { checkAeTitle, encodePdu, isUid } from './encode.ts';
export * from './limits.ts';
export { type Fragment, PduReader, type PduSink } from './reader.ts';
export * from './types.ts';
