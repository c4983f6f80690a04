import {
  measureNames,
  operatorSpellings,
  operators,
  orderFields,
  sourceFields,
  weekdays,
} from './condition.ts';

/** For editors only: the parser decides, and says more. */
const scalar = { type: ['string', 'number', 'boolean'] };
const tests = {
  anyOf: [
    scalar,
    { type: 'array', items: scalar, minItems: 1 },
    {
      type: 'object',
      properties: Object.fromEntries(
        [...operators, ...Object.keys(operatorSpellings)].map((name) => [name, {}]),
      ),
      additionalProperties: false,
      minProperties: 1,
    },
  ],
};
const named = (names: readonly string[]) => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, tests])),
  additionalProperties: false,
});
const list = (items: object) => ({ type: 'array', items, minItems: 1 });
const map = (properties: object) => ({ type: 'object', properties, additionalProperties: false });

/** Three levels of nesting written out; editors do not complain of deeper ones. */
function condition(scope: 'study' | 'series' | 'instance', levels: number): object {
  if (levels === 0) return { type: 'object' };
  const inner = (to: 'study' | 'series' | 'instance') => condition(to, levels - 1);
  const everywhere = {
    attributes: {
      type: 'object',
      description:
        'By keyword, (gggg,eeee), (gggg,"CREATOR",ee), or a path into sequences with dots; case does not count.',
      additionalProperties: tests,
    },
    all: list(inner(scope)),
    any: list(inner(scope)),
    not: inner(scope),
  };
  if (scope === 'instance') return map(everywhere);
  const count = {
    type: 'object',
    properties: { of: { enum: ['series', 'instances'] }, where: { type: 'object' } },
  };
  const inSeries = {
    ...everywhere,
    measures: named(measureNames),
    source: named(sourceFields),
    anyInstance: inner('instance'),
    everyInstance: inner('instance'),
    count: { anyOf: [count, list(count)] },
  };
  if (scope === 'series') return map(inSeries);
  return map({
    modalities: { ...list({ type: 'string' }), description: 'The study holds all of these modalities.' },
    anyModality: { ...list({ type: 'string' }), description: 'The study holds at least one of these.' },
    minimumInstances: { type: 'integer', minimum: 1 },
    ...inSeries,
    anySeries: inner('series'),
    everySeries: inner('series'),
    chosenSeries: inner('series'),
    order: named(orderFields),
    time: map({
      from: { type: 'string' },
      to: { type: 'string' },
      timeZone: { type: 'string' },
      weekdays: list({ enum: [...weekdays] }),
    }),
  });
}

const LEVELS = 3;
export const conditionJsonSchema = condition('study', LEVELS);
export const seriesConditionJsonSchema = condition('series', LEVELS);
