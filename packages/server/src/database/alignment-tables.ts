import type { ColumnType, Generated } from 'kysely';

export interface AlignmentTables {
  alignment_check: {
    run_id: string;
    study_instance_uid: string;
    score: number;
    threshold: number;
    note: string;
    state: Generated<'waiting' | 'accepted' | 'unusable'>;
    noted_at: ColumnType<Date, Date | undefined, Date>;
    decided_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
    decided_by: Generated<string | null>;
    decided_by_name: Generated<string | null>;
    comment: Generated<string | null>;
  };
}
