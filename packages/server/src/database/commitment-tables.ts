import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** Types of the tables of storage commitment, for Kysely. */
type Time = ColumnType<Date, Date | undefined, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;

export interface ReferenceColumn {
  sopClassUid: string;
  sopInstanceUid: string;
}

/** With the failure reason of PS3.3 C.14.1.1. */
export interface FailureColumn {
  sopInstanceUid: string;
  reason: number;
}

export interface CommitmentAskedTable {
  transaction_uid: string;
  destination: string;
  study_instance_uid: string;
  instances: JSONColumnType<ReferenceColumn[]>;
  state: 'asking' | 'asked' | 'answered' | 'refused' | 'unanswered';
  failed: ColumnType<FailureColumn[], string | undefined, string>;
  text: string | null;
  asked_at: Time;
  due_at: ColumnType<Date, Date, Date>;
  check_at: NullableTime;
  answered_at: NullableTime;
}

export interface CommitmentGivenTable {
  transaction_uid: string;
  asked_by: string;
  way: 'dimse' | 'dicomweb';
  instances: JSONColumnType<ReferenceColumn[]>;
  state: Generated<'due' | 'reported' | 'failed'>;
  failed: ColumnType<FailureColumn[], string | undefined, string>;
  attempts: Generated<number>;
  next_attempt_at: Time;
  last_error: string | null;
  asked_at: Time;
  reported_at: NullableTime;
}

export interface CommitmentTables {
  commitment_asked: CommitmentAskedTable;
  commitment_given: CommitmentGivenTable;
}
