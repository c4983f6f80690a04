import type { Code } from '../../codes/index.ts';
import { type Dataset, UID } from '../../data/index.ts';
import { objectError, readCode } from '../common/index.ts';

/** A Content Assessment Results object as it is read; what a writer left out is empty or absent. */
export interface ContentAssessment {
  readonly sopInstanceUid: string;
  readonly label: string;
  readonly type?: Code;
  /** PASSED, INCONCLUSIVE, FAILED. */
  readonly summary: string;
  readonly summaryDescription?: string;
  /** SOP Instance UIDs. */
  readonly assessed: readonly string[];
  readonly comparison: readonly string[];
  readonly observations: readonly {
    readonly significance: string;
    readonly basis?: Code;
    readonly description: string;
  }[];
}

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };

/** Reads a Content Assessment Results object of any writer. Throws `OBJECT_KIND_UNEXPECTED`. */
export function readContentAssessment(object: Dataset): ContentAssessment {
  const sopClass = object.text('SOPClassUID');
  if (sopClass !== UID.ContentAssessmentResultsStorage) {
    throw objectError('OBJECT_KIND_UNEXPECTED', 'The object is no Content Assessment Results', {
      expected: UID.ContentAssessmentResultsStorage,
      found: sopClass ?? 'no SOP class',
    });
  }
  const assessed = object.items('AssessedSOPInstanceSequence');
  const uids = (items: readonly Dataset[]) =>
    items.flatMap((item) => item.text('ReferencedSOPInstanceUID') ?? []);
  return {
    sopInstanceUid: object.text('SOPInstanceUID') ?? '',
    label: object.text('AssessmentLabel') ?? '',
    ...optional('type', readCode(object, 'AssessmentTypeCodeSequence')),
    summary: object.text('AssessmentSummary') ?? '',
    ...optional('summaryDescription', object.text('AssessmentSummaryDescription')),
    assessed: uids(assessed),
    comparison: assessed.flatMap((item) => uids(item.items('ReferencedComparisonSOPInstanceSequence'))),
    observations: object.items('AssessmentObservationsSequence').map((item) => ({
      significance: item.text('ObservationSignificance') ?? '',
      ...optional('basis', readCode(item, 'ObservationBasisCodeSequence')),
      description: item.text('ObservationDescription') ?? '',
    })),
  };
}
