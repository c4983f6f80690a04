import { sql } from 'kysely';
import type { Database } from '../database/index.ts';
import { requireModel } from './registry.ts';

/** A run that was decided with a version of a model. */
export interface DecidedRun {
  readonly runId: string;
  readonly studyInstanceUid: string;
  readonly pipeline: string;
  readonly phase: string;
  readonly state: string;
  readonly queuedAt: Date;
  /** Results that were handed to destinations, and how many of them were acknowledged there. */
  readonly sent: number;
  readonly acknowledged: number;
}

/**
 * The runs of this node that were decided with a version, the newest first: what a site looks through when the version is
 * taken back. A run that was decided with it may have used it on no series.
 * @throws PhotopeakError MODEL_UNKNOWN
 */
export async function listDecidedRuns(
  db: Database,
  id: string,
  version: string,
  since?: Date,
): Promise<DecidedRun[]> {
  const { digest } = await requireModel(db, id, version);
  // Pipelines keep the digest in their parameters, each in its place.
  const { rows } = await sql<DecidedRun>`
    select r.id as "runId", r.study_instance_uid as "studyInstanceUid", r.pipeline, r.phase, r.state,
      r.queued_at as "queuedAt", count(o.id)::integer as sent, count(o.acknowledged_at)::integer as acknowledged
    from run r left join outbox o on o.run_id = r.id
    where r.parameters::text like ${`%${digest}%`} and r.queued_at >= ${since ?? new Date(0)}
    group by r.id order by r.queued_at desc, r.id`.execute(db);
  return rows;
}
