import type { StudyInput } from '@photopeak/pipelines';
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

/** Exactly the instances that a run was decided on, whatever arrived since. */
export async function frozenInput(
  db: Database,
  archive: Archive,
  studyInstanceUid: string,
  items: readonly RunInputItem[],
): Promise<StudyInput> {
  const wanted = new Set(items.map((item) => item.sopInstanceUid));
  const rows = await inputRows(db, studyInstanceUid);
  return toInput(
    archive,
    studyInstanceUid,
    rows.filter((row) => wanted.has(row.sop_instance_uid)),
  );
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
