import type { ReaderDisplay } from '@photopeak/pipelines';
import type { ColumnType, JSONColumnType } from 'kysely';

export interface ReaderStudyTables {
  reader_study: {
    name: string;
    question: string;
    arm_a: string;
    arm_b: string;
    seed: number;
    created_at: ColumnType<Date, Date | undefined, never>;
    created_by: string;
    closed_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  };
  reader_study_case: {
    study: string;
    number: number;
    source: string;
    /** Without `display`: pictures of 8 bits, of which nothing but grey is known. */
    pictures: JSONColumnType<{ a: string[]; b: string[]; display?: ReaderDisplay }>;
  };
  reader_rating: {
    study: string;
    number: number;
    reader: string;
    left_arm: 'a' | 'b';
    grade_a: number;
    grade_b: number;
    preference: 'a' | 'b' | 'none';
    rated_at: ColumnType<Date, Date | undefined, never>;
  };
}
