export * from './association/index.ts';
export { DIMSE_ERRORS, DimseError, type DimseErrorCode, type DimseErrorDetails } from './errors.ts';
export { encodeFileMeta, type FileHead, type FileIdentity, readFileHead } from './files/file-meta.ts';
export { fromFile } from './files/file-source.ts';
export { type FolderOptions, receiveToFolder } from './files/receive-to-folder.ts';
export { type SendOptions, type SendOutcome, sendFiles } from './files/send-files.ts';
export { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from './implementation.ts';
export { COMMAND_FIELD, type Command } from './message/command.ts';
export { type DataSource, fromBytes } from './message/data-source.ts';
export { finalResponse, type Response, Responses } from './message/responses.ts';
export { STATUS, type StatusCategory, statusCategory, statusText } from './message/status.ts';
export { checkAeTitle, isUid } from './pdu/index.ts';
export {
  type StorageOptions,
  type StoreAnswer,
  type StoreReceiver,
  type StoreRequest,
  storage,
} from './services/storage.ts';
export { type OutgoingInstance, type StoreResponse, store } from './services/store.ts';
export { ECHO_CONTEXT, echo, verification } from './services/verification.ts';
export { isStorageSopClass, TRANSFER_SYNTAX, VERIFICATION } from './uids.ts';
export type { Rejection } from './upper-layer/index.ts';
