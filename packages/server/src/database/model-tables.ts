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
}
