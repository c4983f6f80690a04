import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** Types of the tables of migrations/0009-routes.sql. */
type Time = ColumnType<Date, Date | undefined, Date>;

export interface RouteVersionTable {
  id: ColumnType<number, never, never>;
  text: string;
  sha256: string;
  origin: 'file' | 'editor' | 'rollback';
  author: string;
  note: Generated<string>;
  made_at: Time;
}

export interface ExpectedSeries {
  seriesInstanceUid: string;
  instances: string[];
}

export interface ExpectationTable {
  study_instance_uid: string;
  kind: 'mpps' | 'ian' | 'query';
  key: string;
  state: 'open' | 'final' | 'discontinued';
  series: JSONColumnType<ExpectedSeries[]>;
  instance_count: number;
  told_by: string;
  told_at: Time;
}

export interface ProcedureStepTable {
  sop_instance_uid: string;
  content: JSONColumnType<Record<string, unknown>>;
  status: string;
  changed_at: Time;
}

export interface SourcePaceTable {
  source: string;
  pauses: JSONColumnType<number[]>;
  changed_at: Time;
}

export interface PriorSearchTable {
  id: ColumnType<number, never, never>;
  subject: string;
  study_instance_uid: string | null;
  order_id: string | null;
  patient_id: string;
  patient_issuer: Generated<string>;
  state: Generated<'waiting' | 'done' | 'failed'>;
  attempts: Generated<number>;
  last_error: string | null;
  next_attempt_at: Time;
  created_at: Time;
}

export interface PriorTable {
  search_id: number;
  study_instance_uid: string;
  archive: string;
  rule: string;
  reason: string;
  study_date: Generated<string>;
  description: Generated<string>;
  modalities: string[];
  instance_count: number | null;
  state: Generated<'waiting' | 'here' | 'failed'>;
  attempts: Generated<number>;
  last_error: string | null;
  next_attempt_at: Time;
  fetched_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
}

export interface RouteTables {
  route_version: RouteVersionTable;
  expectation: ExpectationTable;
  procedure_step: ProcedureStepTable;
  source_pace: SourcePaceTable;
  prior_search: PriorSearchTable;
  prior: PriorTable;
}
