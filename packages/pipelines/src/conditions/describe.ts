import type { Condition, Test, TimeWindow } from './condition.ts';
import { weekdays } from './condition.ts';

const WORDS: Readonly<Record<Test['operator'], string>> = {
  equals: '=',
  notEquals: '!=',
  below: '<',
  atMost: '<=',
  above: '>',
  atLeast: '>=',
  in: 'in',
  contains: 'contains',
  startsWith: 'starts with',
  glob: 'is like',
  exists: 'exists',
};

function describeTests(tests: readonly Test[]): string {
  return tests
    .map(({ operator, value }) => {
      if (operator === 'exists') return value ? 'exists' : 'is absent';
      return `${WORDS[operator]} ${JSON.stringify(value)}`;
    })
    .join(' and ');
}

function describeWindow(window: TimeWindow): string {
  const days = window.weekdays.length === weekdays.length ? '' : `${window.weekdays.join(', ')} `;
  return `${days}${clock(window.from)} to ${clock(window.to)} ${window.timeZone}`;
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** A condition in words; holds what the route asks for and nothing of a study. */
export function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'all':
    case 'any': {
      const parts = condition.parts.map(describeCondition);
      if (parts.length === 0) return 'anything';
      const joined = parts.join(condition.kind === 'all' ? ' and ' : ' or ');
      return parts.length === 1 ? joined : `(${joined})`;
    }
    case 'not':
      return `not ${describeCondition(condition.part)}`;
    case 'series':
      return `${condition.which} series: ${describeCondition(condition.part)}`;
    case 'instances':
      return `${condition.which} instance: ${describeCondition(condition.part)}`;
    case 'attribute':
      return `${condition.path.text} ${describeTests(condition.tests)}`;
    case 'measure':
      return `${condition.measure} ${describeTests(condition.tests)}`;
    case 'order':
      return condition.field === 'exists'
        ? `an order ${describeTests(condition.tests)}`
        : `${condition.field} of the order ${describeTests(condition.tests)}`;
    case 'source':
      return `came from ${condition.fields.map(({ field, tests }) => `${field} ${describeTests(tests)}`).join(' and ')}`;
    case 'time':
      return `arrives ${describeWindow(condition.window)}`;
    case 'count': {
      const where = condition.where === undefined ? '' : ` with ${describeCondition(condition.where)}`;
      return `number of ${condition.of}${where} ${describeTests(condition.tests)}`;
    }
    case 'modalities':
      return `modalities include ${condition.names.join(condition.which === 'all' ? ' and ' : ' or ')}`;
  }
}
