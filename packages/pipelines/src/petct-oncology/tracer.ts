import { type TracerName, tracerPresets } from '@photopeak/analysis';
import type { Finding } from '../pipeline.ts';
import type { PetctParameters } from './parameters.ts';
import type { Selection } from './select-series.ts';

/** The tracer by which a study is judged, and who said so. */
export interface TracerInUse {
  readonly name: TracerName;
  /** The agent that the headers name; null where they name none. */
  readonly agent: string | null;
  readonly radionuclide: string | null;
  /** In words. */
  readonly reason: string;
}

/** What a site asks for goes before what the headers say; a contradiction is told. */
export function tracerInUse(
  selection: Pick<Selection, 'tracer'>,
  asked: PetctParameters['tracer'],
): { readonly tracer: TracerInUse | null; readonly findings: readonly Finding[] } {
  const { tracer: read } = selection;
  if (read === null) return { tracer: null, findings: [] };
  const findings: Finding[] = [];
  const agent = read.agent === '' || read.how === 'assumed' ? null : read.agent;
  const isAsked = asked !== 'auto';
  const tracer: TracerInUse = {
    name: isAsked ? asked : read.tracer,
    agent,
    radionuclide: read.radionuclide,
    reason: isAsked ? 'the parameter tracer' : read.reason,
  };
  const isNamed = read.how === 'code' || read.how === 'name';
  if (isAsked && isNamed && read.tracer !== asked) {
    findings.push({
      code: 'TRACER_CONTRADICTED',
      severity: 'warning',
      message: `the headers name ${read.agent}; the study is judged as ${tracerPresets[asked].title}, as asked for`,
      remedy: 'check the route, or leave the parameter tracer at auto',
    });
  }
  if (!isAsked && read.how === 'assumed') {
    findings.push({
      code: 'TRACER_ASSUMED',
      severity: 'info',
      message: `the study is judged as FDG: ${read.reason}`,
      remedy: 'set the parameter tracer in the route where another is given',
    });
  }
  if (!isAsked && read.how === 'unknown') {
    findings.push({
      code: 'TRACER_UNKNOWN',
      severity: 'warning',
      message: `the tracer is not known, and all uptake from SUV 4 is listed but for urine, the liver and what lies outside the body: ${read.reason}`,
      remedy: 'set the parameter tracer in the route where its uptake is like that of a known one',
    });
  }
  return { tracer, findings };
}
