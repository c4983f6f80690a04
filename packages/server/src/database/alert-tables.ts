import type { ColumnType, Generated } from 'kysely';

type Id = ColumnType<number, never, never>;
type Time = ColumnType<Date, Date | undefined, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;

export interface AlertTable {
  id: Id;
  kind: string;
  subject: string;
  study_instance_uid: string | null;
  text: string;
  raised_at: Time;
  resolved_at: NullableTime;
  acknowledged_at: NullableTime;
  acknowledged_by: Generated<string | null>;
}

export interface AlertNoticeTable {
  id: Id;
  alert_id: number;
  webhook: string;
  event: 'raised' | 'resolved';
  state: Generated<'waiting' | 'acknowledged' | 'failed'>;
  attempts: Generated<number>;
  next_attempt_at: ColumnType<Date, Date | undefined, Date>;
  last_error: Generated<string | null>;
  created_at: Time;
  acknowledged_at: NullableTime;
}

export interface AlertTables {
  alert: AlertTable;
  alert_notice: AlertNoticeTable;
}
