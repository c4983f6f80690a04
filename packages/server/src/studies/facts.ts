import type { Database } from '../database/index.ts';
import type { StudyFacts } from '../routing/index.ts';

/** What routes may look at, of the originals of a study: results never decide what happens to their own study. */
export async function studyFacts(db: Database, studyInstanceUid: string): Promise<StudyFacts> {
  const study = await db
    .selectFrom('study')
    .select(['description', 'accession_number', 'sex'])
    .where('study_instance_uid', '=', studyInstanceUid)
    .executeTakeFirstOrThrow();
  const series = await db
    .selectFrom('series')
    .selectAll()
    .where('study_instance_uid', '=', studyInstanceUid)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('instance')
          .select('sop_instance_uid')
          .whereRef('instance.series_instance_uid', '=', 'series.series_instance_uid')
          .where('instance.study_instance_uid', '=', studyInstanceUid)
          .where('instance.origin', '=', 'received'),
      ),
    )
    .execute();
  const instances = await db
    .selectFrom('instance')
    .select((eb) => ['source', eb.fn.countAll<number>().as('count')])
    .where('study_instance_uid', '=', studyInstanceUid)
    .where('origin', '=', 'received')
    .groupBy('source')
    .execute();
  return {
    modalities: [...new Set(series.map((row) => row.modality))].filter((modality) => modality !== '').sort(),
    instanceCount: instances.reduce((sum, row) => sum + row.count, 0),
    sources: instances.map(({ source }) => ({
      kind: String(source.kind),
      aeTitle: typeof source.callingAeTitle === 'string' ? source.callingAeTitle : undefined,
    })),
    attributes: {
      StudyDescription: [study.description],
      AccessionNumber: [study.accession_number],
      PatientSex: [study.sex],
      SeriesDescription: series.map((row) => row.description),
      Manufacturer: series.map((row) => row.manufacturer),
      ManufacturerModelName: series.map((row) => row.model_name),
      StationName: series.map((row) => row.station_name),
      InstitutionName: series.map((row) => row.institution),
      BodyPartExamined: series.map((row) => row.body_part),
    },
  };
}
