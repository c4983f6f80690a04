import { sql } from 'kysely';
import { expect } from '../studies/index.ts';
import { describe, type PriorContext } from './seek.ts';

/** A study that grows is asked for again after this time. */
const AGAIN_SECONDS = 30;

/**
 * Asks the archive that stands behind a source how many instances it has of a study that is being received
 * (`studies.askSource`): the count is evidence of what is to come.
 * @returns 1 when a study was asked for.
 */
export async function askSourceNext(context: PriorContext, signal: AbortSignal): Promise<number> {
  const { db, configuration, archives } = context;
  const asked = configuration.studies.askSource;
  if (asked.length === 0) return 0;
  const { rows } = await sql<{ study_instance_uid: string; patient_id: string; ae_title: string }>`
    select s.study_instance_uid, s.patient_id, i.source->>'callingAeTitle' as ae_title
    from study s join instance i on i.study_instance_uid = s.study_instance_uid and i.origin = 'received'
    where s.settles_at is not null and s.patient_id <> ''
      and i.source->>'callingAeTitle' = any(${asked.map(({ aeTitle }) => aeTitle)}::text[])
      and not exists (select 1 from expectation e
        where e.study_instance_uid = s.study_instance_uid and e.kind = 'query'
          and e.told_at > now() - make_interval(secs => ${AGAIN_SECONDS}))
    order by s.settles_at limit 1`.execute(db);
  const [study] = rows;
  if (study === undefined) return 0;
  const archive = asked.find(({ aeTitle }) => aeTitle === study.ae_title)?.archive ?? '';
  const uid = study.study_instance_uid;
  const found = await archives
    .get(archive)
    ?.find(study.patient_id, signal)
    .catch((error: unknown) => {
      throw new Error(`the archive ${archive} was not asked for a study: ${describe(error)}`);
    });
  const instanceCount = found?.find(({ studyInstanceUid }) => studyInstanceUid === uid)?.instanceCount ?? 0;
  await expect(db, {
    studyInstanceUid: uid,
    kind: 'query',
    key: archive,
    state: 'final',
    series: [],
    instanceCount,
    toldBy: archive,
  });
  return 1;
}
