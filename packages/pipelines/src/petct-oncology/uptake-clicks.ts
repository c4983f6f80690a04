import { type CalibrationOutcome, type Click, calibrateUptake } from '@photopeak/analysis';
import type { PetctParameters } from './parameters.ts';
import type { PetctSummary } from './summary.ts';

export interface ReaderDecision {
  /** Tracking UID of the finding. */
  readonly findingId: string;
  readonly action: 'accept' | 'modify' | 'reject';
}

export type CalibratedTracer = keyof PetctParameters['uptakeCalibration'];

/**
 * What a reader's decisions say of the model: a finding that was accepted or modified, and uptake that was taken back
 * from what had been set aside, are lesions; a finding that was rejected is not. What nobody clicked says nothing.
 */
export function readerClicks(summary: PetctSummary, decisions: readonly ReaderDecision[]): Click[] {
  const tracer = summary.tracer?.name;
  if (tracer === undefined || tracer === 'unknown') return [];
  const told = new Map(
    [...summary.lesions, ...summary.physiologicalUptake].map(({ trackingUid, uptake }) => [
      trackingUid,
      uptake,
    ]),
  );
  return decisions.flatMap(({ findingId, action }): Click[] => {
    const uptake = told.get(findingId) ?? null;
    return uptake === null ? [] : [{ tracer, logOdds: uptake.logOdds, isPhysiological: action === 'reject' }];
  });
}

/** The calibration of each tracer that was clicked on, as the parameter `uptakeCalibration` takes it, and why. */
export function siteCalibration(clicks: readonly Click[]): {
  readonly parameter: PetctParameters['uptakeCalibration'];
  readonly outcomes: readonly { readonly tracer: CalibratedTracer; readonly outcome: CalibrationOutcome }[];
} {
  const tracers = [...new Set(clicks.map(({ tracer }) => tracer))].sort() as CalibratedTracer[];
  const outcomes = tracers.map((tracer) => ({
    tracer,
    outcome: calibrateUptake(clicks.filter((click) => click.tracer === tracer)),
  }));
  return {
    parameter: Object.fromEntries(
      outcomes.flatMap(({ tracer, outcome }) =>
        outcome.status === 'fitted' ? [[tracer, outcome.calibration]] : [],
      ),
    ),
    outcomes,
  };
}
