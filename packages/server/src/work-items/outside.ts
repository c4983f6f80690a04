import { Dataset, type DicomJson } from '@photopeak/dicom';
import type { Database } from '../database/index.ts';
import { attributesOf, dicomDateTime, itemsOf, T, textOf, type WorkItem } from './model.ts';
import { references } from './runs.ts';

/** Work on a study of this node for a performer outside. */
export interface OutsideWork {
  readonly label: string;
  readonly worklist: string;
  readonly priority: 'HIGH' | 'MEDIUM' | 'LOW';
  /** What is to be done; CID 9231 or a site's own. */
  readonly code: { readonly value: string; readonly scheme: string; readonly meaning: string };
  /** Series that are the input; all images that were received where empty. */
  readonly series: readonly string[];
}

/** The attributes of such a work item; undefined where the study, or a series of it, is not here. */
export async function outsideWorkItem(
  db: Database,
  study: string,
  work: OutsideWork,
  now: Date,
): Promise<DicomJson | undefined> {
  const row = await db
    .selectFrom('study')
    .selectAll()
    .where('study_instance_uid', '=', study)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const instances = await db
    .selectFrom('instance')
    .select(['study_instance_uid', 'series_instance_uid', 'sop_class_uid', 'sop_instance_uid'])
    .where('study_instance_uid', '=', study)
    .$if(work.series.length > 0, (query) => query.where('series_instance_uid', 'in', [...work.series]))
    .$if(work.series.length === 0, (query) => query.where('origin', '=', 'received'))
    .orderBy('series_instance_uid')
    .orderBy('instance_number')
    .orderBy('sop_instance_uid')
    .execute();
  const found = new Set(instances.map((instance) => instance.series_instance_uid));
  if (instances.length === 0 || !work.series.every((uid) => found.has(uid))) return undefined;
  return attributesOf(
    Dataset.of({
      PatientName: row.patient_name,
      PatientID: row.patient_id,
      PatientBirthDate: row.birth_date,
      PatientSex: row.sex,
      ReferencedRequestSequence: [
        Dataset.of({
          StudyInstanceUID: study,
          AccessionNumber: row.accession_number,
          RequestedProcedureID: null,
          RequestedProcedureDescription: null,
        }),
      ],
      ProcedureStepState: 'SCHEDULED',
      ScheduledProcedureStepStartDateTime: dicomDateTime(now),
      ScheduledProcedureStepPriority: work.priority,
      WorklistLabel: work.worklist,
      ProcedureStepLabel: work.label,
      ScheduledWorkitemCodeSequence: [
        Dataset.of({
          CodeValue: work.code.value,
          CodingSchemeDesignator: work.code.scheme,
          CodeMeaning: work.code.meaning,
        }),
      ],
      InputReadinessState: 'READY',
      InputInformationSequence: references(instances),
    }),
  );
}

export interface WorkItemOutput {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  /** It has arrived in the archive. */
  readonly isPresent: boolean;
}

const MOST_OUTPUTS = 10_000;

/** The objects that the performer of an item named as its output, and whether they are here. */
export async function outputsOf(db: Database, item: WorkItem): Promise<WorkItemOutput[]> {
  const named = itemsOf(item.attributes, T.performed)
    .flatMap((performed) => itemsOf(performed, T.output))
    .flatMap((output) =>
      itemsOf(output, '00081199').map((reference) => ({
        studyInstanceUid: textOf(output, '0020000D'),
        seriesInstanceUid: textOf(output, '0020000E'),
        sopInstanceUid: textOf(reference, '00081155'),
      })),
    )
    .slice(0, MOST_OUTPUTS);
  if (named.length === 0) return [];
  const present = await db
    .selectFrom('instance')
    .select('sop_instance_uid')
    .where(
      'sop_instance_uid',
      'in',
      named.map((output) => output.sopInstanceUid),
    )
    .execute();
  const here = new Set(present.map((row) => row.sop_instance_uid));
  return named.map((output) => ({ ...output, isPresent: here.has(output.sopInstanceUid) }));
}
