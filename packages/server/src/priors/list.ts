import type { StudyPriors } from '../api/contract.ts';
import type { Database } from '../database/index.ts';

/** Studies from before that were found for a study or for its order, the newest first. */
export async function studyPriors(db: Database, uid: string): Promise<StudyPriors> {
  const rows = await db
    .selectFrom('prior')
    .innerJoin('prior_search', 'prior_search.id', 'prior.search_id')
    .leftJoin('imaging_order', 'imaging_order.id', 'prior_search.order_id')
    .distinctOn('prior.study_instance_uid')
    .select([
      'prior.study_instance_uid',
      'prior.archive',
      'prior.rule',
      'prior.reason',
      'prior.study_date',
      'prior.description',
      'prior.modalities',
      'prior.instance_count',
      'prior.state',
      'prior.last_error',
    ])
    .where((eb) =>
      eb.or([eb('prior_search.study_instance_uid', '=', uid), eb('imaging_order.matched_study', '=', uid)]),
    )
    .orderBy('prior.study_instance_uid')
    .orderBy('prior.fetched_at', (order) => order.desc().nullsLast())
    .execute();
  return {
    priors: rows
      .toSorted((a, b) => (a.study_date < b.study_date ? 1 : -1))
      .map((row) => ({
        studyInstanceUid: row.study_instance_uid,
        date: row.study_date,
        description: row.description,
        modalities: row.modalities,
        instanceCount: row.instance_count,
        archive: row.archive,
        rule: row.rule,
        reason: row.reason,
        state: row.state,
        error: row.last_error,
      })),
  };
}
