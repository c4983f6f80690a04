import type { ColumnType } from 'kysely';

type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;

export interface EnhancementTables {
  enhancement: {
    run_id: string;
    study_instance_uid: string;
    series_instance_uid: string;
    task: string;
    method: string;
    asked_by: string;
    asked_by_name: string;
    asked_at: ColumnType<Date, Date | undefined, Date>;
    expires_at: NullableTime;
    outcome: 'kept' | 'dropped' | 'expired' | null;
    decided_by: string | null;
    decided_at: NullableTime;
  };
}
