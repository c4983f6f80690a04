import { parseAttributePath } from './attribute-path.ts';
import {
  type Condition,
  measureNames,
  orderFields,
  pixelMeasures,
  type SourceTest,
  sourceFields,
  type Test,
} from './condition.ts';
import { isMap, parseTests } from './parse-tests.ts';
import { parseTimeWindow } from './time-window.ts';

/** Hears of each problem, with the way to it from the value that is parsed; `key` where the name itself is wrong. */
export type Complain = (path: readonly PropertyKey[], message: string, at?: 'key') => void;

/** What the conditions inside look at. */
type Scope = 'study' | 'series' | 'instance';

const DEEPEST = 8;
const MOST_PARTS = 300;

interface Place {
  readonly scope: Scope;
  readonly depth: number;
  readonly complain: Complain;
  readonly pixels: boolean;
  /** Parts so far, of the whole condition. */
  readonly size: { parts: number };
}

type Clause = (value: unknown, place: Place) => Condition | undefined;

/**
 * Reads a condition: a map of which every entry must hold. Complains of what cannot work and goes on, so that all
 * problems are heard of at once. `pixels`: whether it is asked where the pixels are at hand.
 */
export function parseCondition(
  value: unknown,
  scope: 'study' | 'series',
  complain: Complain,
  { pixels = false }: { readonly pixels?: boolean } = {},
): Condition {
  return (
    parse(value, { scope, depth: 0, complain, pixels, size: { parts: 0 } }) ?? { kind: 'all', parts: [] }
  );
}

function parse(value: unknown, place: Place): Condition | undefined {
  if (!isMap(value)) {
    place.complain([], `expected conditions: ${Object.keys(clausesOf(place.scope)).join(', ')}`);
    return undefined;
  }
  if (place.depth > DEEPEST) {
    place.complain([], `conditions are nested at most ${DEEPEST} deep`);
    return undefined;
  }
  const clauses = clausesOf(place.scope);
  const parts: Condition[] = [];
  for (const [key, entry] of Object.entries(value)) {
    place.size.parts += 1;
    if (place.size.parts === MOST_PARTS) place.complain([key], `a condition has at most ${MOST_PARTS} parts`);
    if (place.size.parts >= MOST_PARTS) return undefined;
    const clause = Object.hasOwn(clauses, key) ? clauses[key] : undefined;
    if (clause === undefined) {
      const known = Object.hasOwn(clausesOf('study'), key);
      const where = known ? ` inside conditions on ${place.scope === 'series' ? 'series' : 'instances'}` : '';
      place.complain(
        [key],
        `"${key}" is not a condition${where}; there are: ${Object.keys(clauses).join(', ')}`,
        'key',
      );
      continue;
    }
    const condition = clause(entry, {
      ...place,
      complain: (path, message, at) => place.complain([key, ...path], message, at),
    });
    if (condition !== undefined) parts.push(condition);
  }
  return parts.length === 1 ? parts[0] : { kind: 'all', parts };
}

const deeper = (place: Place, scope: Scope = place.scope): Place => ({
  ...place,
  scope,
  depth: place.depth + 1,
});

function list(kind: 'all' | 'any'): Clause {
  return (value, place) => {
    if (!Array.isArray(value) || value.length === 0) {
      place.complain([], 'expected a list of conditions');
      return undefined;
    }
    const parts = value.flatMap((entry: unknown, index) => {
      const inner = deeper({
        ...place,
        complain: (path, message, at) => place.complain([index, ...path], message, at),
      });
      return parse(entry, inner) ?? [];
    });
    return { kind, parts };
  };
}

const not: Clause = (value, place) => {
  const part = parse(value, deeper(place));
  return part === undefined ? undefined : { kind: 'not', part };
};

function series(which: 'any' | 'every' | 'chosen'): Clause {
  return (value, place) => {
    const part = parse(value, deeper(place, 'series'));
    return part === undefined ? undefined : { kind: 'series', which, part };
  };
}

function instances(which: 'any' | 'every'): Clause {
  return (value, place) => {
    const part = parse(value, deeper(place, 'instance'));
    return part === undefined ? undefined : { kind: 'instances', which, part };
  };
}

/** A map from what is looked at to what is asked of it. */
function fields(
  name: (key: string, place: Place) => string | ((tests: readonly Test[]) => Condition),
): Clause {
  return (value, place) => {
    if (!isMap(value)) {
      place.complain([], 'expected names with what is asked of each');
      return undefined;
    }
    const parts = Object.entries(value).flatMap(([key, wanted]) => {
      const build = name(key, place);
      if (typeof build === 'string') {
        place.complain([key], build, 'key');
        return [];
      }
      const tests = parseTests(wanted, (path, message, at) => place.complain([key, ...path], message, at));
      return tests.length === 0 ? [] : [build(tests)];
    });
    return parts.length === 1 ? parts[0] : { kind: 'all', parts };
  };
}

const attributes = fields((key) => {
  const path = parseAttributePath(key);
  return typeof path === 'string' ? path : (tests) => ({ kind: 'attribute', path, tests });
});

const measures = fields((key, { pixels }) => {
  const measure = measureNames.find((name) => name === key);
  if (measure !== undefined && (pixels || !pixelMeasures.includes(measure)))
    return (tests) => ({ kind: 'measure', measure, tests });
  const known = measureNames.filter((name) => pixels || !pixelMeasures.includes(name));
  return measure === undefined
    ? `there is no measure "${key}"; there are: ${known.join(', ')}`
    : `"${key}" is measured in pixels: ask for it in the rules of a pipeline that reads them`;
});

const order = fields((key) => {
  const field = orderFields.find((name) => name === key);
  return field === undefined
    ? `an order has no "${key}"; there are: ${orderFields.join(', ')}`
    : (tests) => ({ kind: 'order', field, tests });
});

const source: Clause = (value, place) => {
  if (!isMap(value) || Object.keys(value).length === 0) {
    place.complain([], `expected ${sourceFields.join(', ')}`);
    return undefined;
  }
  const tests = Object.entries(value).flatMap(([key, wanted]): SourceTest[] => {
    const field = sourceFields.find((name) => name === key);
    if (field === undefined) {
      place.complain([key], `a source has no "${key}"; there are: ${sourceFields.join(', ')}`, 'key');
      return [];
    }
    return [
      {
        field,
        tests: parseTests(wanted, (path, message, at) => place.complain([key, ...path], message, at)),
      },
    ];
  });
  return { kind: 'source', fields: tests };
};

const time: Clause = (value, place) => {
  const window = parseTimeWindow(value, place.complain);
  return window === undefined ? undefined : { kind: 'time', window };
};

const count: Clause = (value, place) => {
  if (Array.isArray(value)) {
    const parts = value.flatMap((entry: unknown, index) => {
      const inner = {
        ...place,
        complain: (path, message, at) => place.complain([index, ...path], message, at),
      } as Place;
      return count(entry, inner) ?? [];
    });
    return { kind: 'all', parts };
  }
  if (!isMap(value)) {
    place.complain([], 'expected { of: series | instances, where, atLeast: number }');
    return undefined;
  }
  const { of, where, ...rest } = value;
  const kinds = place.scope === 'study' ? ['series', 'instances'] : ['instances'];
  if (!kinds.includes(String(of))) {
    place.complain(of === undefined ? [] : ['of'], `"of" is one of: ${kinds.join(', ')}`);
    return undefined;
  }
  const inner = deeper(
    { ...place, complain: (path, message, at) => place.complain(['where', ...path], message, at) },
    of === 'series' ? 'series' : 'instance',
  );
  const condition = where === undefined ? undefined : parse(where, inner);
  const tests = parseTests(rest, place.complain);
  if (tests.length === 0) return undefined;
  return { kind: 'count', of: of === 'series' ? 'series' : 'instances', where: condition, tests };
};

function modalities(which: 'all' | 'any'): Clause {
  return (value, place) => {
    if (!Array.isArray(value) || value.length === 0 || !value.every((name) => typeof name === 'string')) {
      place.complain([], 'expected a list of modalities such as [PT, CT]');
      return undefined;
    }
    value.forEach((name: string, index) => {
      if (!/^[A-Z0-9_]{1,16}$/.test(name))
        place.complain([index], `"${name.slice(0, 20)}" is no modality (CS)`);
    });
    return { kind: 'modalities', which, names: value };
  };
}

const minimumInstances: Clause = (value, place) => {
  if (!Number.isInteger(value) || Number(value) < 1) {
    place.complain([], 'expected a whole number from 1');
    return undefined;
  }
  return {
    kind: 'count',
    of: 'instances',
    where: undefined,
    tests: [{ operator: 'atLeast', value: Number(value) }],
  };
};

const everywhere: Readonly<Record<string, Clause>> = { attributes, all: list('all'), any: list('any'), not };

const inSeries: Readonly<Record<string, Clause>> = {
  ...everywhere,
  measures,
  source,
  anyInstance: instances('any'),
  everyInstance: instances('every'),
  count,
};

const inStudy: Readonly<Record<string, Clause>> = {
  modalities: modalities('all'),
  anyModality: modalities('any'),
  minimumInstances,
  ...inSeries,
  anySeries: series('any'),
  everySeries: series('every'),
  chosenSeries: series('chosen'),
  order,
  time,
};

function clausesOf(scope: Scope): Readonly<Record<string, Clause>> {
  return scope === 'study' ? inStudy : scope === 'series' ? inSeries : everywhere;
}
