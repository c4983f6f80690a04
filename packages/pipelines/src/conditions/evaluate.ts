import { type Condition, type Test, weekdays } from './condition.ts';
import { describeCondition } from './describe.ts';
import type { CodeOfOrder, InstanceFacts, StudyFacts, StudySeries } from './facts.ts';
import { measures } from './measures.ts';
import { isWithin, localTime } from './time.ts';
import { testsHold, type Value } from './values.ts';

/** One condition as it was decided. */
export interface Trace {
  /** What was asked. Holds nothing of the study. */
  readonly text: string;
  readonly holds: boolean;
  /** What was found: may name a patient, so that it is shown to people and not logged. */
  readonly found: readonly string[];
  readonly parts: readonly Trace[];
}

interface Scope {
  readonly facts: StudyFacts;
  readonly chosen: readonly StudySeries[];
  readonly series?: StudySeries;
  readonly instance?: InstanceFacts;
}

const MOST_SHOWN = 12;

export function evaluate(condition: Condition, scope: Scope): Trace {
  const text = describeCondition(condition);
  const leaf = (holds: boolean, found: readonly (string | number)[]): Trace => ({
    text,
    holds,
    found: shown(found),
    parts: [],
  });
  switch (condition.kind) {
    case 'all':
    case 'any': {
      const parts = condition.parts.map((part) => evaluate(part, scope));
      const holds =
        condition.kind === 'all' ? parts.every((part) => part.holds) : parts.some((part) => part.holds);
      return { text, holds, found: [], parts };
    }
    case 'not': {
      const part = evaluate(condition.part, scope);
      return { text, holds: !part.holds, found: [], parts: [part] };
    }
    case 'series': {
      const of = condition.which === 'chosen' ? scope.chosen : scope.facts.series;
      const members = of.map((series) => ({
        name: `series ${series.title}`,
        trace: evaluate(condition.part, { ...scope, series }),
      }));
      return quantified(text, condition.which === 'any' ? 'any' : 'every', members);
    }
    case 'instances': {
      const members = instancesOf(scope).map((instance, index) => ({
        name: `instance ${index + 1}`,
        trace: evaluate(condition.part, { ...scope, instance }),
      }));
      return quantified(text, condition.which, members);
    }
    case 'attribute': {
      const values = perSeries(scope, (instance) => instance?.values.get(condition.path.text) ?? []);
      return leaf(anyHolds(condition.tests, values), unique(values.flat()));
    }
    case 'measure': {
      const values = seriesOf(scope).map((series) => measures[condition.measure].of(series));
      const found = values.map((value) => (value === undefined ? [] : [round(value)]));
      return leaf(anyHolds(condition.tests, found), unique(found.flat()));
    }
    case 'order': {
      const values = orderValues(scope.facts, condition.field);
      return leaf(testsHold(condition.tests, values), values);
    }
    case 'source': {
      const sources = seriesOf(scope).flatMap((series) => series.sources);
      const holds = sources.some((source) =>
        condition.fields.every(({ field, tests }) => {
          const value = source[field];
          return testsHold(tests, value === undefined ? [] : [value]);
        }),
      );
      return leaf(holds, unique(sources.map((source) => Object.values(source).join(' '))));
    }
    case 'time': {
      const { day, minute } = localTime(condition.window.timeZone, scope.facts.at);
      const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
      return leaf(isWithin(condition.window, scope.facts.at), [`${weekdays[day] ?? ''} ${clock}`]);
    }
    case 'count': {
      const count = countOf(condition, scope);
      return leaf(testsHold(condition.tests, [count]), [count]);
    }
    case 'modalities': {
      const present = modalitiesOf(scope.facts);
      const has = (name: string) => present.includes(name);
      return leaf(
        condition.which === 'all' ? condition.names.every(has) : condition.names.some(has),
        present,
      );
    }
  }
}

export function modalitiesOf(facts: StudyFacts): string[] {
  return unique(facts.series.map((series) => series.modality).filter((name) => name !== '')).sort();
}

const seriesOf = (scope: Scope): readonly StudySeries[] =>
  scope.series === undefined ? scope.facts.series : [scope.series];

const instancesOf = (scope: Scope): readonly InstanceFacts[] =>
  seriesOf(scope).flatMap((series) => series.instances);

/** Values of the instance that is looked at, of the series, or of each series in turn. */
function perSeries(
  scope: Scope,
  read: (instance: InstanceFacts | undefined) => readonly Value[],
): readonly (readonly Value[])[] {
  if (scope.instance !== undefined) return [read(scope.instance)];
  return seriesOf(scope).map((series) => read(series.instances[0]));
}

const anyHolds = (tests: readonly Test[], values: readonly (readonly Value[])[]): boolean =>
  values.some((of) => testsHold(tests, of));

interface Member {
  readonly name: string;
  readonly trace: Trace;
}

/** Of many members the one that decides is told in full. */
function quantified(text: string, which: 'any' | 'every', members: readonly Member[]): Trace {
  const holding = members.filter(({ trace }) => trace.holds);
  const failing = members.filter(({ trace }) => !trace.holds);
  const holds = which === 'any' ? holding.length > 0 : members.length > 0 && failing.length === 0;
  const deciding = which === 'any' ? (holding[0] ?? nearest(failing)) : (failing[0] ?? holding[0]);
  return {
    text,
    holds,
    found: [
      `holds for ${holding.length} of ${members.length}${deciding === undefined ? '' : `; told for ${deciding.name}`}`,
    ],
    parts: deciding === undefined ? [] : [deciding.trace],
  };
}

function nearest(members: readonly Member[]): Member | undefined {
  const score = (trace: Trace): number =>
    trace.parts.length === 0 ? Number(trace.holds) : trace.parts.reduce((sum, part) => sum + score(part), 0);
  return members.toSorted((a, b) => score(b.trace) - score(a.trace))[0];
}

function countOf(condition: Condition & { readonly kind: 'count' }, scope: Scope): number {
  const { of, where } = condition;
  if (of === 'series') {
    if (where === undefined) return scope.facts.series.length;
    return scope.facts.series.filter((series) => evaluate(where, { ...scope, series }).holds).length;
  }
  if (where === undefined) return seriesOf(scope).reduce((sum, series) => sum + series.instanceCount, 0);
  return instancesOf(scope).filter((instance) => evaluate(where, { ...scope, instance }).holds).length;
}

function orderValues(facts: StudyFacts, field: (Condition & { readonly kind: 'order' })['field']): string[] {
  const { order } = facts;
  if (field === 'exists') return [String(order !== undefined)];
  if (order === undefined) return [];
  const value = order[field];
  if (typeof value === 'string') return value === '' ? [] : [value];
  return value === null ? [] : codeTexts(value);
}

/** A code is met by its value, its meaning, or both with its scheme: `RPID16|RADLEX`. */
function codeTexts({ value, scheme, meaning }: CodeOfOrder): string[] {
  return [value, `${value}|${scheme}`, meaning].filter((text) => text !== '');
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function shown(found: readonly (string | number)[]): string[] {
  const texts = found.slice(0, MOST_SHOWN).map((value) => String(value).slice(0, 200));
  return found.length > MOST_SHOWN ? [...texts, `… ${found.length - MOST_SHOWN} more`] : texts;
}
