import { sql } from 'kysely';

/**
 * Of the runs of a study the reader sees the newest first, those that only enhance images after those that find
 * something: order by this before `queued_at desc`.
 */
export const enhancementsLast = sql<boolean>`run.pipeline = 'enhancement'`;

/** Not a layer that somebody asked for while reading and has not kept: those are no results of the study. */
export const isNoLayer = sql<boolean>`not exists (
  select 1 from enhancement e where e.run_id = run.id and e.outcome is distinct from 'kept')`;
