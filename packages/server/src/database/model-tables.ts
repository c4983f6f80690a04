import type { ColumnType, Generated, JSONColumnType } from 'kysely';

export type ModelPhase = 'research' | 'assist' | 'production';

export interface ModelTables {
  model: {
    id: string;
    version: string;
    digest: string;
    manifest: JSONColumnType<Record<string, unknown>>;
    files: JSONColumnType<{ name: string; bytes: number; sha256: string }[]>;
    signed_by: string | null;
    added_at: ColumnType<Date, Date | undefined, Date>;
    added_by: string;
    removed_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  };
  model_placement: {
    seq: ColumnType<string, never, never>;
    model_id: string;
    modality: Generated<string>;
    protocol: Generated<string>;
    version: string;
    phase: ModelPhase;
    candidate: string | null;
    candidate_mode: 'shadow' | 'canary' | null;
    candidate_share: number | null;
    reason: string | null;
    placed_at: ColumnType<Date, Date | undefined, never>;
    placed_by: string;
  };
  model_use: {
    id: ColumnType<string, never, never>;
    model_id: string;
    version: string;
    role: 'serving' | 'shadow';
    load_seconds: number;
    run_seconds: number;
    peak_memory_mb: number | null;
    failure: string | null;
    used_at: ColumnType<Date, Date | undefined, never>;
  };
  model_comparison: {
    run_id: string;
    study_instance_uid: string;
    series_instance_uid: string;
    model_id: string;
    version: string;
    candidate: string;
    modality: string;
    protocol: string;
    scanner: string;
    differences: JSONColumnType<{ name: string; label: string | null; unit: string; value: number }[]>;
    version_seconds: number | null;
    candidate_seconds: number | null;
    failure: JSONColumnType<{ code: string; message: string }> | null;
    compared_at: ColumnType<Date, Date | undefined, never>;
  };
}
