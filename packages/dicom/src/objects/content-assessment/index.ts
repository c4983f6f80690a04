export {
  type AssessmentObservation,
  type AssessmentSummary,
  assessmentSummaries,
  buildContentAssessment,
  type ContentAssessmentInput,
  type ObservationSignificance,
  observationSignificances,
} from './build.ts';
export { type ContentAssessment, readContentAssessment } from './read.ts';
