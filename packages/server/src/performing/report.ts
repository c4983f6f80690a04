import { Dataset, type DicomJson, toDicomJson } from '@photopeak/dicom';
import { dicomDateTime } from '../work-items/index.ts';

const code = (value: string, scheme: string, meaning: string) =>
  Dataset.of({ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning.slice(0, 64) });

export function progressOf(percent: number, description: string): DicomJson {
  return toDicomJson(
    Dataset.of({
      ProcedureStepProgressInformationSequence: [
        Dataset.of({
          ProcedureStepProgress: percent,
          ProcedureStepProgressDescription: description.slice(0, 1024),
        }),
      ],
    }),
  );
}

/** What a cancelled item needs; (110513,DCM) with the reason in words. */
export function cancellationOf(reason: string, now: Date): DicomJson {
  return toDicomJson(
    Dataset.of({
      ProcedureStepProgressInformationSequence: [
        Dataset.of({
          ProcedureStepCancellationDateTime: dicomDateTime(now),
          ProcedureStepDiscontinuationReasonCodeSequence: [
            code('110513', 'DCM', 'Discontinued for unspecified reason'),
          ],
          ReasonForCancellation: reason.slice(0, 1024),
        }),
      ],
    }),
  );
}

export interface Performed {
  readonly station: string;
  readonly title: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly output: readonly Dataset[];
}

/** What a completed item needs. */
export function performedOf({ station, title, startedAt, endedAt, output }: Performed): DicomJson {
  return toDicomJson(
    Dataset.of({
      UnifiedProcedureStepPerformedProcedureSequence: [
        Dataset.of({
          PerformedStationNameCodeSequence: [code(station.slice(0, 16), '99PHOTOPEAK', station)],
          PerformedProcedureStepStartDateTime: dicomDateTime(startedAt),
          PerformedProcedureStepEndDateTime: dicomDateTime(endedAt),
          PerformedProcedureStepDescription: title.slice(0, 64),
          PerformedWorkitemCodeSequence: [code('110001', 'DCM', 'Image Processing')],
          OutputInformationSequence: output,
        }),
      ],
    }),
  );
}
