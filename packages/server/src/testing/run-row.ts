import type { Insertable } from 'kysely';
import type { Tables } from '../database/schema.ts';

type Row = Insertable<Tables['run']>;

/** A run of a study as it was queued, with what a test says of it. */
export const runRow = (id: string, study: string, of: Partial<Row> & Pick<Row, 'pipeline'>): Row => ({
  id,
  run_key: id,
  result_key: id,
  study_instance_uid: study,
  route: 'r',
  pipeline_version: '1',
  pipeline_title: of.pipeline,
  parameters: '{}',
  phase: 'assist',
  deliver: '[]',
  priority: 0,
  content_at: '2026-11-23T10:15:00',
  input: '[]',
  summary: null,
  off_peak: null,
  error: null,
  ...of,
});
