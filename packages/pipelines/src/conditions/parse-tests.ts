import { type Operator, operatorSpellings, operators, type Test, type TestValue } from './condition.ts';
import type { Complain } from './parse-condition.ts';

export const LONGEST_TEXT = 256;
const MOST_VALUES = 200;

const isScalar = (value: unknown): value is TestValue | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** What is asked of a value: `X` (equal), `[X, Y]` (one of), or operators: `{ contains: X }`; all must hold. */
export function parseTests(value: unknown, complain: Complain): readonly Test[] {
  if (isScalar(value)) return one('equals', value, complain);
  if (Array.isArray(value)) return one('in', value, complain);
  if (!isMap(value) || Object.keys(value).length === 0) {
    complain([], `expected a value, a list of values, or operators: ${operators.join(', ')}`);
    return [];
  }
  return Object.entries(value).flatMap(([spelling, wanted]) => {
    const operator = operatorSpellings[spelling] ?? operators.find((name) => name === spelling);
    if (operator === undefined) {
      complain([spelling], `"${spelling}" is no operator; there are: ${operators.join(', ')}`, 'key');
      return [];
    }
    return one(operator, wanted, (path, message, at) => complain([spelling, ...path], message, at));
  });
}

function one(operator: Operator, value: unknown, complain: Complain): readonly Test[] {
  switch (operator) {
    case 'in': {
      if (!Array.isArray(value) || value.length === 0 || value.length > MOST_VALUES) {
        complain([], `"in" takes a list of 1 to ${MOST_VALUES} values`);
        return [];
      }
      const values = value.map((entry, index) => scalar(entry, (_, message) => complain([index], message)));
      return [{ operator, value: values }];
    }
    case 'contains':
    case 'startsWith':
    case 'glob': {
      const text = scalar(value, complain);
      return [{ operator, value: String(text) }];
    }
    case 'exists':
      if (typeof value !== 'boolean') complain([], '"exists" is true or false');
      return [{ operator, value: value === true }];
    default:
      return [{ operator, value: scalar(value, complain) }];
  }
}

function scalar(value: unknown, complain: Complain): TestValue {
  if (!isScalar(value)) {
    complain([], 'expected a text or a number');
    return '';
  }
  if (typeof value === 'number') return value;
  if (String(value).length > LONGEST_TEXT) complain([], `a text has at most ${LONGEST_TEXT} characters`);
  return String(value);
}
