import type { ColumnType, Generated, JSONColumnType } from 'kysely';

type Time = ColumnType<Date, Date | undefined, Date>;

export interface QualityTables {
  quality_entry: {
    id: string;
    run_id: string;
    study_instance_uid: string;
    series_instance_uid: string;
    source_series_instance_uid: string;
    description: string;
    model: string;
    modality: string;
    scanner: string;
    verdict: 'passed' | 'flagged' | 'held';
    reasons: JSONColumnType<string[]>;
    figures: JSONColumnType<Record<string, number>>;
    picture: number | null;
    asked: 'held' | 'flagged' | 'sample' | null;
    decision: 'waiting' | 'released' | 'rejected' | null;
    comment: Generated<string | null>;
    noted_at: Time;
    decided_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
    decided_by: Generated<string | null>;
    decided_by_name: Generated<string | null>;
  };
  quality_score: {
    id: Generated<string>;
    entry_id: string;
    artefacts: number;
    sharpness: number;
    noise_texture: number;
    confidence: number;
    comment: string | null;
    scored_by: string;
    scored_by_name: string;
    scored_at: Time;
  };
}
