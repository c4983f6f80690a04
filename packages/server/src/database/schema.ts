import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { AlertTables } from './alert-tables.ts';
import type { AlignmentTables } from './alignment-tables.ts';
import type { CommitmentTables } from './commitment-tables.ts';
import type { EnhancementTables } from './enhancement-tables.ts';
import type { ModelTables } from './model-tables.ts';
import type { OrderTables } from './order-tables.ts';
import type { QualityTables } from './quality-tables.ts';
import type { ReaderStudyTables } from './reader-study-tables.ts';
import type { RouteTables } from './route-tables.ts';
import type {
  PerformedTaskTable,
  WorkItemEventTable,
  WorkItemReceiverTable,
  WorkItemSubscriptionTable,
  WorkItemTable,
} from './work-item-tables.ts';

/** Types of the tables in migrations/, for Kysely. */
type Time = ColumnType<Date, Date | undefined, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
/** int8 arrives as text from the driver; connect.ts turns it into a number (all of ours stay below 2^53). */
type Big = ColumnType<number, number, number>;

export type StudyStateColumn =
  | 'receiving'
  | 'complete'
  | 'awaiting-input'
  | 'processing'
  | 'draft'
  | 'signed'
  | 'failed';
export type RunStateColumn = 'queued' | 'running' | 'packaged' | 'delivered' | 'failed';
export type OutboxState =
  | 'waiting'
  | 'sending'
  | 'stored'
  | 'acknowledged'
  | 'failed'
  | 'skipped'
  | 'given-up';
export type Origin = 'received' | 'result' | 'foreign-result' | 'prior';
export type ResultKind = 'dicom' | 'json' | 'html' | 'png' | 'nifti' | 'csv';

export interface StudyTable {
  study_instance_uid: string;
  patient_name: Generated<string>;
  patient_id: Generated<string>;
  birth_date: Generated<string>;
  sex: Generated<string>;
  accession_number: Generated<string>;
  study_date: Generated<string>;
  study_time: Generated<string>;
  study_id: Generated<string>;
  description: Generated<string>;
  referring_physician: Generated<string>;
  weight_kg: number | null;
  size_m: number | null;
  state: Generated<StudyStateColumn>;
  state_reason: string | null;
  priority: Generated<'routine' | 'high' | 'urgent'>;
  priority_reason: Generated<string>;
  received_at: Time;
  changed_at: Time;
  settles_at: NullableTime;
  closed_by: string | null;
  closed_at: NullableTime;
  expected_instances: number | null;
  missing_instances: Generated<number>;
  association_ended_at: NullableTime;
  waits_since: NullableTime;
  patient_issuer: Generated<string>;
  is_reconciled: Generated<boolean>;
  told_priority: Generated<'routine' | 'high' | 'urgent'>;
}

export interface SeriesTable {
  study_instance_uid: string;
  series_instance_uid: string;
  modality: string;
  series_number: number | null;
  description: string;
  body_part: string;
  manufacturer: string;
  model_name: string;
  station_name: string;
  institution: string;
  frame_of_reference_uid: string;
  received_at: Time;
}

export interface InstanceTable {
  sop_instance_uid: string;
  study_instance_uid: string;
  series_instance_uid: string;
  sop_class_uid: string;
  transfer_syntax_uid: string;
  instance_number: number | null;
  rows: number | null;
  columns: number | null;
  number_of_frames: number | null;
  sha256: string;
  byte_length: Big;
  origin: Origin;
  source: JSONColumnType<Record<string, unknown>>;
  received_at: Time;
  audit_sequence: number | null;
}

export interface InstanceMetadataTable {
  sha256: string;
  json: string;
}

export interface SeriesProcedureTable {
  study_instance_uid: string;
  series_instance_uid: string;
  performed_date: string;
  performed_time: string;
  requests: JSONColumnType<{ requestedProcedureId: string; scheduledProcedureStepId: string }[]>;
}

export interface QuarantineTable {
  id: string;
  sop_instance_uid: string;
  study_instance_uid: string;
  sha256: string;
  byte_length: Big;
  source: JSONColumnType<Record<string, unknown>>;
  received_at: Time;
}

export interface DeliveryTarget {
  to: string;
  send: 'results' | 'originals' | 'all';
}

export interface RunInputItem {
  sopInstanceUid: string;
  sha256: string;
  /** The study from before that it belongs to; absent for instances of the run's own study. */
  study?: string;
}

export interface RunErrorColumn {
  code: string;
  message: string;
  step: string | null;
  remedy: string | null;
}

export interface NoticeColumn {
  code: string;
  severity: 'info' | 'warning' | 'error';
  message: string;
  remedy?: string | undefined;
}

/** See `offPeak` of a route. */
export interface OffPeakColumn {
  from: number;
  to: number;
  timeZone: string;
  weekdays: string[];
}

export interface RunTable {
  id: string;
  run_key: string;
  result_key: string;
  study_instance_uid: string;
  route: string;
  pipeline: string;
  pipeline_version: string;
  pipeline_title: string;
  parameters: JSONColumnType<Record<string, unknown>>;
  phase: 'research' | 'assist' | 'production';
  deliver: JSONColumnType<DeliveryTarget[]>;
  priority: number;
  content_at: string;
  input: JSONColumnType<RunInputItem[]>;
  state: Generated<RunStateColumn>;
  error: JSONColumnType<RunErrorColumn> | null;
  review: Generated<'none' | 'draft' | 'signed'>;
  summary: JSONColumnType<Record<string, unknown>> | null;
  notices: ColumnType<NoticeColumn[], string | undefined, string>;
  handed_over: Generated<boolean>;
  off_peak: JSONColumnType<OffPeakColumn> | null;
  told_state: Generated<'draft' | 'signed' | null>;
  queued_at: Time;
  started_at: NullableTime;
  ended_at: NullableTime;
}

export interface RunStepTable {
  run_id: string;
  name: string;
  version: string;
  ordinal: number;
  state: 'running' | 'done' | 'failed';
  fraction: Generated<number>;
  message: string | null;
  attempts: Generated<number>;
  started_at: Time;
  ended_at: NullableTime;
}

export interface ResultTable {
  run_id: string;
  ordinal: number;
  output: string;
  kind: ResultKind;
  file_name: string;
  sha256: string;
  byte_length: Big;
  sop_class_uid: string | null;
  sop_instance_uid: string | null;
  series_instance_uid: string | null;
  held_phase: Generated<'research' | 'assist' | 'production' | null>;
}

export interface FindingTable {
  run_id: string;
  id: string;
  ordinal: number;
  content: JSONColumnType<Record<string, unknown>>;
  is_added: Generated<boolean>;
}

export interface ExecutorTable {
  id: string;
  lock_key: number;
  kind: 'worker' | 'server';
  started_at: Time;
}

export interface OutboxTable {
  id: ColumnType<number, never, never>;
  destination: string;
  sop_instance_uid: string;
  sop_class_uid: string;
  transfer_syntax_uid: string;
  study_instance_uid: string;
  series_instance_uid: string;
  sha256: string;
  run_id: string | null;
  state: Generated<OutboxState>;
  attempts: Generated<number>;
  last_error: string | null;
  next_attempt_at: Time;
  held_by: string | null;
  created_at: Time;
  acknowledged_at: NullableTime;
  acknowledgement: string | null;
  /** As it was sent; absent where nothing had to be asked about it. */
  sent_sop_class_uid: ColumnType<string | null, string | null | undefined, string | null>;
  sent_sop_instance_uid: ColumnType<string | null, string | null | undefined, string | null>;
  transaction_uid: ColumnType<string | null, string | null | undefined, string | null>;
  asks: Generated<number>;
  resends: Generated<number>;
}

export interface PseudonymStudyTable {
  pseudonym_uid: string;
  destination: string;
  study_instance_uid: string;
  patient_pseudonym: string;
  shift_days: number;
  created_at: Time;
}

export interface PseudonymUidTable {
  pseudonym: string;
  study_pseudonym: string;
  original: string;
}

export interface AccountTable {
  id: string;
  username: string;
  name: string;
  roles: string[];
  password_hash: string | null;
  disabled: Generated<boolean>;
  created_at: Time;
}

export interface SessionTable {
  token_sha256: string;
  account_id: string;
  created_at: Time;
  expires_at: ColumnType<Date, Date, Date>;
}

export interface SignInLinkTable extends SessionTable {
  used_at: NullableTime;
}

export interface DecisionTable {
  id: ColumnType<number, never, never>;
  run_id: string;
  finding_id: string;
  action: 'accept' | 'modify' | 'reject' | 'take-back';
  name: string | null;
  site: string | null;
  comment: string | null;
  decided_by: string;
  decided_by_name: string;
  decided_at: Time;
}

export interface SignatureTable {
  run_id: string;
  sop_instance_uid: string;
  series_instance_uid: string;
  predecessor_sop_instance_uid: string;
  signed_by: string;
  signed_by_name: string;
  signed_at: ColumnType<Date, Date, Date>;
}

export interface GpuUseTable {
  id: ColumnType<number, never, never>;
  machine: string;
  run_id: string;
  step: string;
  executor_id: string;
  device: string | null;
  asked_at: Time;
  granted_at: ColumnType<Date | null, never, never>;
  ended_at: ColumnType<Date | null, never, never>;
}

export interface AuditTable {
  sequence: Big;
  entry: string;
  hash: string;
}

export interface AuditHeadTable {
  one: Generated<boolean>;
  sequence: Big;
  hash: string;
}

export interface ArchiveProblemTable {
  sha256: string;
  code: string;
  store: string;
  detail: string;
  sop_instance_uid: string | null;
  series_instance_uid: string | null;
  study_instance_uid: string | null;
  source: ColumnType<unknown, string | null, never>;
  state: Generated<'open' | 'repaired' | 'replaced'>;
  found_at: Generated<Date>;
  ended_at: ColumnType<Date | null, Date | null, Date | null>;
  attempts: Generated<number>;
  next_attempt_at: Generated<Date>;
  last_error: string | null;
}

export interface ArchiveScrubTable {
  one: Generated<boolean>;
  next_part: Generated<number>;
  started_at: ColumnType<Date | null, Date | null, Date | null>;
  finished_at: ColumnType<Date | null, Date | null, Date | null>;
  leased_until: Generated<Date>;
}

export interface Tables
  extends AlertTables,
    AlignmentTables,
    EnhancementTables,
    ModelTables,
    OrderTables,
    QualityTables,
    ReaderStudyTables,
    RouteTables,
    CommitmentTables {
  study: StudyTable;
  series: SeriesTable;
  instance: InstanceTable;
  instance_metadata: InstanceMetadataTable;
  series_procedure: SeriesProcedureTable;
  quarantine: QuarantineTable;
  archive_problem: ArchiveProblemTable;
  archive_scrub: ArchiveScrubTable;
  run: RunTable;
  run_step: RunStepTable;
  result: ResultTable;
  finding: FindingTable;
  executor: ExecutorTable;
  outbox: OutboxTable;
  pseudonym_study: PseudonymStudyTable;
  pseudonym_uid: PseudonymUidTable;
  account: AccountTable;
  session: SessionTable;
  sign_in_link: SignInLinkTable;
  decision: DecisionTable;
  signature: SignatureTable;
  audit: AuditTable;
  audit_head: AuditHeadTable;
  performed_task: PerformedTaskTable;
  work_item: WorkItemTable;
  work_item_subscription: WorkItemSubscriptionTable;
  work_item_event: WorkItemEventTable;
  work_item_receiver: WorkItemReceiverTable;
  gpu_use: GpuUseTable;
}
