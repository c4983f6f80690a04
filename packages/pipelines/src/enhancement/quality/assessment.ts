import {
  type Algorithm,
  buildContentAssessment,
  type Dataset,
  type InstanceReference,
  photopeak,
} from '@photopeak/dicom';
import { contextOf, finish, type Identity, SERIES_NUMBER_BASE } from '../../objects/index.ts';
import type { ResultObject } from '../../pipeline.ts';
import type { EnhancedSeries } from '../summary.ts';
import { CHECK_CODES } from './codes.ts';

/** Assessments come after the enhanced series, in the order of their sources. */
const ASSESSMENT_NUMBER = SERIES_NUMBER_BASE + 300;

const SUMMARY = { passed: 'PASSED', flagged: 'INCONCLUSIVE', held: 'FAILED' } as const;
const SIGNIFICANCE = { passed: 'MINOR', flagged: 'MODERATE', held: 'MAJOR' } as const;

export interface AssessedSeries {
  readonly quality: NonNullable<EnhancedSeries['quality']>;
  /** Header of an instance of the original. */
  readonly header: Dataset;
  readonly originals: readonly InstanceReference[];
  readonly enhanced: readonly InstanceReference[];
  readonly algorithm: Algorithm;
  readonly key: string;
  readonly index: number;
  readonly isResearch: boolean;
}

/**
 * What quality control said of a series as a Content Assessment Results object (PS3.3 A.81): each check an observation.
 * Where there are as many originals as enhanced instances each stands with its own; else all originals with the first.
 */
export function assessmentObject(identity: Identity, series: AssessedSeries): ResultObject {
  const { quality, header, originals, enhanced, algorithm, key, index, isResearch } = series;
  const reasons = quality.checks.filter(({ verdict }) => verdict !== 'passed').map(({ text }) => text);
  const context = contextOf(
    identity,
    `assessment ${key}`,
    { number: ASSESSMENT_NUMBER + index, description: 'AI quality control' },
    header,
    [algorithm],
  );
  const dataset = buildContentAssessment({
    context: { ...context, ...(isResearch ? { contentQualification: 'RESEARCH' } : {}) },
    label: 'Quality control of an enhanced series',
    type: photopeak.imageQuality,
    summary: SUMMARY[quality.verdict],
    ...(reasons.length === 0 ? {} : { summaryDescription: reasons.join('; ') }),
    assessed: enhanced.map((instance, at) => {
      const isPaired = originals.length === enhanced.length;
      const comparison = isPaired ? originals.slice(at, at + 1) : at === 0 ? originals : [];
      return { instance, comparison };
    }),
    observations: quality.checks.map(({ name, verdict, text }) => ({
      significance: SIGNIFICANCE[verdict],
      basis: CHECK_CODES[name],
      description: text,
    })),
  });
  return finish('content-assessment', `assessment-${index + 1}.dcm`, dataset, header).object;
}
