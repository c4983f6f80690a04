import type { Pipeline, StudyInput } from '@photopeak/pipelines';
import { sql } from 'kysely';
import type { Archive } from '../archive/index.ts';
import type { Database, RunInputItem } from '../database/index.ts';

/** The originals of a study as a pipeline gets them, in the order of their UIDs. */
export async function studyInput(
  db: Database,
  archive: Archive,
  studyInstanceUid: string,
): Promise<StudyInput> {
  const rows = await inputRows(db, studyInstanceUid);
  return toInput(
    archive,
    studyInstanceUid,
    rows.filter((row) => row.origin === 'received'),
  );
}

/**
 * Studies of the same patient from before that lie in the archive, as input of a pipeline that compares: older, of all
 * the modalities asked for, not still arriving; the newest of them, the oldest first. The same patient is one of the
 * same ID, issuer and, where both state it, birth date.
 */
export async function priorInputs(
  db: Database,
  archive: Archive,
  studyInstanceUid: string,
  wanted: NonNullable<Pipeline['priors']>,
): Promise<StudyInput[]> {
  const { rows } = await sql<{ uid: string }>`
    select p.study_instance_uid as uid
    from study s join study p on p.patient_id = s.patient_id and p.patient_issuer = s.patient_issuer
      and p.study_instance_uid <> s.study_instance_uid
    where s.study_instance_uid = ${studyInstanceUid} and s.patient_id <> ''
      and (p.birth_date = s.birth_date or p.birth_date = '' or s.birth_date = '')
      and p.study_date ~ '^[0-9]{8}$' and s.study_date ~ '^[0-9]{8}$'
      and (p.study_date, p.study_time) < (s.study_date, s.study_time)
      and p.state <> 'receiving'
      and (${wanted.withinDays ?? null}::int is null
        or case when p.study_date ~ '^[0-9]{8}$' and s.study_date ~ '^[0-9]{8}$'
          then to_date(s.study_date, 'YYYYMMDD') - to_date(p.study_date, 'YYYYMMDD') end <= ${wanted.withinDays ?? null}::int)
      and not exists (select 1 from unnest(${[...wanted.modalities]}::text[]) as modality
        where not exists (select 1 from series
          where series.study_instance_uid = p.study_instance_uid and series.modality = modality))
    order by p.study_date desc, p.study_time desc, p.study_instance_uid
    limit ${wanted.most}`.execute(db);
  const inputs: StudyInput[] = [];
  for (const { uid } of rows.toReversed()) {
    const instances = (await inputRows(db, uid)).filter((row) => row.origin !== 'result');
    if (instances.length > 0) inputs.push(toInput(archive, uid, instances));
  }
  return inputs;
}

/** What a run was decided on, for its row: its own instances, then those of studies from before. */
export function inputItems(input: StudyInput): RunInputItem[] {
  return [
    ...input.instances.map(({ sopInstanceUid, sha256 }) => ({ sopInstanceUid, sha256 })),
    ...(input.priors ?? []).flatMap((prior) =>
      prior.instances.map(({ sopInstanceUid, sha256 }) => ({
        sopInstanceUid,
        sha256,
        study: prior.studyInstanceUid,
      })),
    ),
  ];
}

/** Exactly the instances that a run was decided on, whatever arrived since. */
export async function frozenInput(
  db: Database,
  archive: Archive,
  studyInstanceUid: string,
  items: readonly RunInputItem[],
): Promise<StudyInput> {
  const wanted = new Set(items.map((item) => item.sopInstanceUid));
  const of = async (uid: string) => {
    const rows = await inputRows(db, uid);
    return toInput(
      archive,
      uid,
      rows.filter((row) => wanted.has(row.sop_instance_uid)),
    );
  };
  const own = await of(studyInstanceUid);
  const priors: StudyInput[] = [];
  for (const uid of new Set(items.flatMap(({ study }) => study ?? []))) priors.push(await of(uid));
  return priors.length === 0 ? own : { ...own, priors };
}

type Row = Awaited<ReturnType<typeof inputRows>>[number];

function inputRows(db: Database, studyInstanceUid: string) {
  return db
    .selectFrom('instance')
    .innerJoin('series', (join) =>
      join
        .onRef('series.series_instance_uid', '=', 'instance.series_instance_uid')
        .onRef('series.study_instance_uid', '=', 'instance.study_instance_uid'),
    )
    .select([
      'sop_instance_uid',
      'sop_class_uid',
      'instance.series_instance_uid',
      'sha256',
      'origin',
      'series.modality',
    ])
    .where('instance.study_instance_uid', '=', studyInstanceUid)
    .orderBy('sop_instance_uid')
    .execute();
}

function toInput(archive: Archive, studyInstanceUid: string, rows: readonly Row[]): StudyInput {
  return {
    studyInstanceUid,
    instances: rows.map((row) => ({
      path: archive.instances.pathOf(row.sha256),
      sha256: row.sha256,
      sopClassUid: row.sop_class_uid,
      sopInstanceUid: row.sop_instance_uid,
      seriesInstanceUid: row.series_instance_uid,
      studyInstanceUid,
      modality: row.modality,
    })),
  };
}
