import {
  type Condition,
  evaluate,
  modalitiesOf,
  type StudyFacts,
  type StudySeries,
  type Trace,
} from '@photopeak/pipelines';
import type { RouteConfiguration } from '../config/index.ts';

export interface RouteDecision {
  readonly route: RouteConfiguration;
  readonly matches: boolean;
  /** Every condition with what was found. */
  readonly traces: readonly Trace[];
  /** One line per condition for the audit trail: of what was found only modalities and counts are told. */
  readonly reasons: readonly string[];
  /** What is all that is missing, in words: the study may be waiting for it. */
  readonly waitingFor: readonly string[];
  /** Series that the route chooses: all, where it does not say. */
  readonly chosen: readonly StudySeries[];
}

/**
 * Says of one route whether the study takes it, and why. Data only: nothing in a route is executed. `occasion` is why
 * it is asked now: routes that are for another one do not take the study.
 */
export function decideRoute(
  route: RouteConfiguration,
  facts: StudyFacts,
  occasion: RouteConfiguration['on'] = 'complete',
): RouteDecision {
  const { choose } = route;
  const chosen =
    choose === undefined
      ? facts.series
      : facts.series.filter((series) => evaluate(choose, { facts, chosen: [], series }).holds);
  const conditions = topLevel(route.when);
  const checks = conditions.map((condition) => ({
    condition,
    trace: evaluate(condition, { facts, chosen }),
  }));
  const traces = checks.map(({ trace }) => trace);
  if (choose !== undefined) {
    const found = chosen.map((series) => series.title);
    traces.push({ text: 'chooses at least one series', holds: chosen.length > 0, found, parts: [] });
  }
  if (route.on !== occasion) {
    const text = OCCASIONS[route.on];
    traces.push({ text, holds: false, found: [], parts: [] });
  }
  return {
    route,
    matches: traces.every((trace) => trace.holds),
    traces,
    reasons:
      traces.length === 0
        ? ['holds: no condition is set']
        : checks.map(reasonOf).concat(traces.slice(checks.length).map(line)),
    waitingFor: route.on === occasion ? missing(checks, facts) : [],
    chosen,
  };
}

const OCCASIONS: Readonly<Record<RouteConfiguration['on'], string>> = {
  complete: 'is asked when a study is complete',
  alignment: 'is asked when the alignment of a study is to be checked',
};

interface Check {
  readonly condition: Condition;
  readonly trace: Trace;
}

const topLevel = (condition: Condition): readonly Condition[] =>
  condition.kind === 'all' ? condition.parts : [condition];

const line = ({ holds, text }: Trace): string => `${holds ? 'holds' : 'fails'}: ${text}`;

function reasonOf({ condition, trace }: Check): string {
  const open = condition.kind === 'modalities' || condition.kind === 'count';
  return open ? `${line(trace)}; found ${trace.found.join(', ') || 'none'}` : line(trace);
}

/**
 * A study waits where nothing else fails than what further series could bring, and part of that is here already. A
 * study of which nothing is here would wait for ever.
 */
function missing(checks: readonly Check[], facts: StudyFacts): string[] {
  const failed = checks.filter(({ trace }) => !trace.holds);
  if (failed.length === 0 || !failed.every(({ condition }) => canStillCome(condition))) return [];
  const present = modalitiesOf(facts);
  const someHere = checks.some(
    ({ condition, trace }) =>
      canStillCome(condition) &&
      (trace.holds ||
        (condition.kind === 'modalities' && condition.names.some((name) => present.includes(name)))),
  );
  if (!someHere) return [];
  return failed.flatMap(({ condition, trace }) =>
    condition.kind === 'modalities' && condition.which === 'all'
      ? condition.names.filter((name) => !present.includes(name))
      : [trace.text],
  );
}

/** Whether more series can make it true: the set of series that a route needs. */
function canStillCome(condition: Condition): boolean {
  return condition.kind === 'modalities' || (condition.kind === 'series' && condition.which === 'any');
}
