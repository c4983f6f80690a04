import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** Types of the tables of migrations/0008-orders.sql. */
type Time = ColumnType<Date, Date | undefined, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
type Id = ColumnType<number, never, never>;

export interface Hl7MessageTable {
  id: Id;
  sender_application: string;
  sender_facility: string;
  control_id: string;
  content_sha256: string;
  message_type: string;
  peer: string;
  content: Uint8Array | null;
  state: Generated<'stored' | 'done'>;
  outcome: 'AA' | 'AE' | 'AR' | null;
  error_code: string | null;
  received_at: Time;
  done_at: NullableTime;
}

export interface PatientTable {
  id: Generated<string>;
  patient_id: string;
  issuer: string;
  name: string;
  birth_date: string;
  sex: string;
  merged_into: string | null;
  changed_at: Time;
}

export type PatientChangeKind = 'update' | 'merge' | 'change-id' | 'move';

export interface PatientChangeTable {
  id: Id;
  kind: PatientChangeKind;
  message_id: number | null;
  retired_patient: string | null;
  surviving_patient: string;
  made_at: Time;
  undone_at: NullableTime;
  undone_by: string | null;
}

/** What of a study's row says whose it is. */
export interface StudyIdentity {
  patient_id: string;
  patient_issuer: string;
  patient_name: string;
  birth_date: string;
  sex: string;
}

export interface PatientChangeStudyTable {
  change_id: number;
  study_instance_uid: string;
  before: JSONColumnType<StudyIdentity>;
  after: JSONColumnType<StudyIdentity>;
}

export interface CodeColumn {
  value: string;
  scheme: string;
  meaning: string;
}

export interface SuggestionColumn {
  rule: string;
  text: string;
  code: CodeColumn | null;
}

export type OrderState = 'scheduled' | 'in-progress' | 'completed' | 'cancelled' | 'discontinued';

export interface ImagingOrderTable {
  id: Generated<string>;
  source: 'hl7' | 'mwl';
  placer_number: string;
  placer_issuer: string;
  filler_number: string;
  filler_issuer: string;
  accession_number: string;
  accession_issuer: string;
  visit_number: string;
  requested_procedure_id: string;
  scheduled_step_id: string;
  study_instance_uid: string;
  patient_id: string;
  patient_issuer: string;
  patient_name: string;
  birth_date: string;
  sex: string;
  modality: string;
  station_ae_title: string;
  body_part: string;
  procedure_code: JSONColumnType<CodeColumn> | null;
  description: string;
  reason: string;
  reason_code: JSONColumnType<CodeColumn> | null;
  clinical_information: string;
  priority: 'routine' | 'high' | 'urgent';
  scheduled_at: NullableTime;
  referring_physician: string;
  ordering_physician: string;
  weight_kg: number | null;
  size_m: number | null;
  state: OrderState;
  suggestions: ColumnType<SuggestionColumn[], string | undefined, string>;
  message_at: NullableTime;
  matched_study: string | null;
  matched_by: string | null;
  created_at: Time;
  changed_at: Time;
}

export interface PriorReportTable {
  id: Id;
  message_id: number | null;
  sender: string;
  report_number: string;
  study_instance_uid: string;
  accession_number: string;
  patient_id: string;
  patient_issuer: string;
  title: string;
  status: string;
  text: string;
  attachments: number;
  observed_at: NullableTime;
  received_at: Time;
}

export interface MessageOutboxTable {
  id: Id;
  destination: string;
  subject: string;
  kind: 'hl7' | 'fhir';
  study_instance_uid: string;
  run_id: string | null;
  content: string;
  state: Generated<'waiting' | 'acknowledged' | 'failed'>;
  attempts: Generated<number>;
  last_error: string | null;
  next_attempt_at: Time;
  created_at: Time;
  acknowledged_at: NullableTime;
}

export interface OrderTables {
  hl7_message: Hl7MessageTable;
  patient: PatientTable;
  patient_change: PatientChangeTable;
  patient_change_study: PatientChangeStudyTable;
  imaging_order: ImagingOrderTable;
  prior_report: PriorReportTable;
  message_outbox: MessageOutboxTable;
}
