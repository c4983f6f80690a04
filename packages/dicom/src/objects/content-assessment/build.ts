import type { Code } from '../../codes/index.ts';
import { Dataset, UID } from '../../data/index.ts';
import {
  addCommonInstanceReferences,
  addContentDateTime,
  codeItem,
  declareCodingSchemes,
  type InstanceReference,
  limitLo,
  type ObjectContext,
  objectError,
  sopReferenceItem,
  startObject,
} from '../common/index.ts';

/** Assessment Summary (0082,0001), PS3.3 Table C.33.1-1. */
export type AssessmentSummary = 'PASSED' | 'INCONCLUSIVE' | 'FAILED';
export const assessmentSummaries: readonly AssessmentSummary[] = ['PASSED', 'INCONCLUSIVE', 'FAILED'];

/** Observation Significance (0082,0008). */
export type ObservationSignificance = 'MAJOR' | 'MODERATE' | 'MINOR';
export const observationSignificances: readonly ObservationSignificance[] = ['MAJOR', 'MODERATE', 'MINOR'];

/** One thing that was looked at, and what was seen. */
export interface AssessmentObservation {
  readonly significance: ObservationSignificance;
  /** What was looked at. */
  readonly basis: Code;
  readonly description: string;
}

export interface ContentAssessmentInput {
  readonly context: ObjectContext;
  /** At most 64 characters. */
  readonly label: string;
  readonly type: Code;
  /** What was judged, each with what it was held against. */
  readonly assessed: readonly {
    readonly instance: InstanceReference;
    readonly comparison?: readonly InstanceReference[];
  }[];
  readonly summary: AssessmentSummary;
  /** In words; left out where the summary says all. */
  readonly summaryDescription?: string;
  readonly observations: readonly AssessmentObservation[];
}

/**
 * Content Assessment Results (PS3.3 A.81, C.33.1): what a check of other instances came to. Who asked for it stays open
 * (Assessment Requester Sequence, type 2). Throws `OBJECT_INPUT_INVALID` where nothing was assessed.
 */
export function buildContentAssessment(input: ContentAssessmentInput): Dataset {
  const { context, assessed, observations } = input;
  if (assessed.length === 0) {
    throw objectError('OBJECT_INPUT_INVALID', 'An assessment refers to at least one instance');
  }
  const object = startObject(context, UID.ContentAssessmentResultsStorage, 'ASMT');
  addContentDateTime(object, context);
  object.set('AssessmentLabel', limitLo(input.label));
  object.set('AssessmentTypeCodeSequence', codeItem(input.type));
  object.set('AssessmentRequesterSequence', null);
  object.set('AssessmentSummary', input.summary);
  if (input.summaryDescription !== undefined)
    object.set('AssessmentSummaryDescription', input.summaryDescription);
  object.set(
    'AssessedSOPInstanceSequence',
    assessed.map(({ instance, comparison = [] }) => {
      const item = sopReferenceItem(instance);
      if (comparison.length > 0)
        item.set('ReferencedComparisonSOPInstanceSequence', comparison.map(sopReferenceItem));
      return item;
    }),
  );
  object.set('NumberOfAssessmentObservations', observations.length);
  if (observations.length > 0)
    object.set(
      'AssessmentObservationsSequence',
      observations.map(({ significance, basis, description }) =>
        Dataset.of({
          ObservationSignificance: significance,
          ObservationBasisCodeSequence: codeItem(basis),
          ObservationDescription: description,
        }),
      ),
    );
  const study = context.source.text('StudyInstanceUID') ?? '';
  addCommonInstanceReferences(
    object,
    study,
    assessed.flatMap(({ instance, comparison = [] }) => [instance, ...comparison]),
  );
  declareCodingSchemes(object, context.equipment.manufacturer);
  return object;
}
