export * from './association/index.ts';
export { type Attribute, type DataSetReader, encodeDataSet, readDataSet } from './data-set/index.ts';
export { DIMSE_ERRORS, DimseError, type DimseErrorCode, type DimseErrorDetails } from './errors.ts';
export { encodeFileMeta, type FileHead, type FileIdentity, readFileHead } from './files/file-meta.ts';
export { fromFile } from './files/file-source.ts';
export { type FolderOptions, receiveToFolder } from './files/receive-to-folder.ts';
export {
  type Conversion,
  type SendFilesOptions,
  type SendOutcome,
  sendFiles,
  storedFile,
} from './files/send-files.ts';
export { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from './implementation.ts';
export { COMMAND_FIELD, type Command } from './message/command.ts';
export { type DataSource, fromBytes } from './message/data-source.ts';
export { finalResponse, type Response, Responses } from './message/responses.ts';
export { STATUS, type StatusCategory, statusCategory, statusText } from './message/status.ts';
export {
  type AsynchronousOperations,
  type CommonExtendedNegotiation,
  checkAeTitle,
  type ExtendedNegotiation,
  isUid,
  type RoleSelection,
  type UserIdentity,
} from './pdu/index.ts';
export {
  type Availability,
  type AvailabilityNotice,
  type AvailableInstance,
  availabilityNotices,
  notifyAvailability,
} from './services/availability.ts';
export {
  COMMITMENT_FAILURE,
  type CommitmentOptions,
  type CommitmentReport,
  type CommitmentRequest,
  type CommitmentResult,
  commitment,
  commitmentReports,
  reportCommitment,
  requestCommitment,
} from './services/commitment.ts';
export { commonStorageContexts } from './services/common-storage.ts';
export { requireContext, serviceContext } from './services/contexts.ts';
export { type FindOutcome, type FindRequest, find, type Match, type Priority } from './services/find.ts';
export { getProposal, storageContexts } from './services/get-proposal.ts';
export {
  type NormalizedAnswer,
  type NormalizedHandler,
  type NormalizedHandlers,
  type NormalizedOptions,
  type NormalizedRequest,
  normalized,
} from './services/normalized.ts';
export {
  type Managed,
  type NormalizedResponse,
  nAction,
  nCreate,
  nDelete,
  nEventReport,
  nGet,
  nSet,
} from './services/normalized-user.ts';
export type { DataSetEncoder, Operation } from './services/operation.ts';
export {
  createProcedureStep,
  type ProcedureStepMessage,
  type ProcedureStepOptions,
  type ProcedureStepStatus,
  procedureSteps,
  setProcedureStep,
} from './services/procedure-step.ts';
export { type IncomingQuery, type QueryMatch, type QueryOptions, query } from './services/query.ts';
export type { InstanceReference } from './services/references.ts';
export { refusal } from './services/refusal.ts';
export {
  type IncomingRetrieval,
  type MoveDestination,
  type RetrievalOptions,
  type RetrievalReport,
  retrieval,
} from './services/retrieval.ts';
export {
  get,
  type MoveRequest,
  move,
  type RetrieveOutcome,
  type RetrieveProgress,
  type RetrieveRequest,
} from './services/retrieve.ts';
export {
  type InstanceOutcome,
  type SendOptions,
  type StoreResult,
  sendInstances,
} from './services/send-instances.ts';
export {
  type StorageOptions,
  type StoreAnswer,
  type StoreReceiver,
  type StoreRequest,
  storage,
} from './services/storage.ts';
export { type OutgoingInstance, type StoreResponse, store } from './services/store.ts';
export type { MoveOriginator, OpenedDataSet, StoredInstance } from './services/stored-instance.ts';
export { ECHO_CONTEXT, echo, verification } from './services/verification.ts';
export {
  actOnWorkItem,
  createWorkItem,
  getWorkItem,
  reportWorkItemEvent,
  updateWorkItem,
  WORK_ITEM_EVENT,
  WORK_ITEM_STATES,
  WORK_ITEM_STATUS,
  type WorkItemAction,
  type WorkItemEvent,
  type WorkItemEventMessage,
  type WorkItemOptions,
  type WorkItemRequest,
  type WorkItemState,
  workItemEvents,
  workItems,
} from './services/work-item.ts';
export {
  INSTANCE_AVAILABILITY,
  isStorageSopClass,
  MODALITY_WORKLIST,
  PATIENT_ROOT,
  PROCEDURE_STEP,
  PROCEDURE_STEP_NOTIFICATION,
  PROCEDURE_STEP_RETRIEVE,
  type QueryRetrieveModel,
  STORAGE_COMMITMENT,
  STORAGE_COMMITMENT_INSTANCE,
  STUDY_ROOT,
  TRANSFER_SYNTAX,
  UPS,
  UPS_FILTERED_SUBSCRIPTION,
  UPS_GLOBAL_SUBSCRIPTION,
  VERIFICATION,
} from './uids.ts';
export type { Rejection } from './upper-layer/index.ts';
