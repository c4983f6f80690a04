import type { ColumnType, Generated, JSONColumnType } from 'kysely';

type Time = ColumnType<Date, Date | undefined, Date>;

export interface WorkItemTable {
  uid: string;
  state: 'SCHEDULED' | 'IN PROGRESS' | 'COMPLETED' | 'CANCELED';
  transaction_uid: string | null;
  attributes: JSONColumnType<Record<string, { vr: string; Value?: unknown[] }>>;
  run_id: string | null;
  attempt: Generated<number>;
  run_mark: string | null;
  created_by: string;
  created_at: Time;
  changed_at: Time;
}

export interface WorkItemSubscriptionTable {
  ae_title: string;
  uid: string;
  deletion_lock: Generated<boolean>;
  filter: JSONColumnType<Record<string, string>> | null;
  created_at: Time;
}

export interface WorkItemEventTable {
  id: ColumnType<number, never, never>;
  ae_title: string;
  report: JSONColumnType<Record<string, unknown>>;
  created_at: Time;
}

export interface WorkItemReceiverTable {
  ae_title: string;
  attempts: Generated<number>;
  next_attempt_at: Time;
  last_error: string | null;
}

export interface PerformedTaskTable {
  list: string;
  uid: string;
  transaction_uid: string;
  study_instance_uid: Generated<string>;
  state: Generated<'claiming' | 'fetching' | 'running' | 'completed' | 'cancelled' | 'lost'>;
  run_id: string | null;
  reason: string | null;
  told: Generated<number>;
  attempts: Generated<number>;
  next_attempt_at: Time;
  created_at: Time;
}
