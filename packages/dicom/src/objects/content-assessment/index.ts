export {
  type AssessmentObservation,
  type AssessmentSummary,
  buildContentAssessment,
  type ContentAssessmentInput,
  type ObservationSignificance,
} from './build.ts';
export { type ContentAssessment, readContentAssessment } from './read.ts';
