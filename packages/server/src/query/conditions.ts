import { type RawBuilder, sql } from 'kysely';
import {
  badParameter,
  type IndexedAttribute,
  indexed,
  levels,
  nameOf,
  procedureFields,
  type QueryLevel,
  REQUESTS,
  requestFields,
} from './attributes.ts';

export interface MatchingOptions {
  /** Names match by the beginnings of their words, without accents. */
  readonly fuzzy: boolean;
  /** `""` matches what is empty (PS3.18 §8.3.4.6). */
  readonly emptyValues: boolean;
  /** A comma separates values of which one must match (PS3.18 §8.3.4.5). */
  readonly multipleValues: boolean;
  /** Collation that knows the case of all letters; the database may not have one. */
  readonly collation: string | undefined;
}

type Condition = RawBuilder<unknown>;

/** Series and instances are matched by their procedure steps and requests too. */
const isDeep = (level: QueryLevel) => levels.indexOf(level) >= levels.indexOf('series');

/** Whether `condition` knows how to match this attribute at this level; `name` as it takes it. */
export function isMatchable(level: QueryLevel, name: string): boolean {
  const path = name.split('.').map(nameOf);
  const [keyword = '', nested] = path;
  if (nested !== undefined)
    return isDeep(level) && path.length === 2 && keyword === REQUESTS && requestFields[nested] !== undefined;
  if (keyword === 'ModalitiesInStudy') return level !== 'patients';
  if (isDeep(level) && procedureFields[keyword] !== undefined) return true;
  return indexed.some(
    (candidate) =>
      candidate.keyword === keyword &&
      candidate.match !== 'none' &&
      levels.indexOf(candidate.level) <= levels.indexOf(level),
  );
}

/**
 * The SQL of one matching parameter (PS3.18 §8.3.4), as PS3.4 C.2.2.2 defines its matching.
 * @throws PhotopeakError HTTP_INPUT for an attribute that cannot be matched at this level
 */
export function condition(
  level: QueryLevel,
  name: string,
  value: string,
  options: MatchingOptions,
): { readonly sql: Condition; readonly needsProcedures: boolean } {
  const path = name.split('.').map(nameOf);
  const keyword = path.length === 2 && path[0] === REQUESTS ? path[1]! : path.length === 1 ? path[0]! : name;
  const deep = isDeep(level);
  if (keyword === 'ModalitiesInStudy') {
    const modalities = list(value);
    return plain(
      modalities.length === 0
        ? sql`true`
        : sql`exists (select 1 from series s where s.study_instance_uid = study.study_instance_uid and ${any(
            modalities.map((modality) => like(sql`s.modality`, modality)),
          )})`,
    );
  }
  if (deep && path.length === 2 && requestFields[keyword] !== undefined) {
    const field = sql`request->>${sql.lit(requestFields[keyword])}`;
    return {
      needsProcedures: true,
      sql: sql`exists (select 1 from series_procedure p, jsonb_array_elements(p.requests) as request
        where p.study_instance_uid = series.study_instance_uid and p.series_instance_uid = series.series_instance_uid
        and ${like(field, value)})`,
    };
  }
  const procedure = procedureFields[keyword];
  if (deep && path.length === 1 && procedure !== undefined) {
    return {
      needsProcedures: true,
      sql: sql`exists (select 1 from series_procedure p
        where p.study_instance_uid = series.study_instance_uid and p.series_instance_uid = series.series_instance_uid
        and ${range(sql.raw(`p.${procedure.column}`), value, procedure.kind, name)})`,
    };
  }
  const found = indexed.find((candidate) => candidate.keyword === keyword && candidate.match !== 'none');
  if (found === undefined || levels.indexOf(found.level) > levels.indexOf(level)) {
    throw badParameter(
      'this attribute cannot be matched here',
      name,
      [
        ...indexed
          .filter(
            (candidate) =>
              candidate.match !== 'none' && levels.indexOf(candidate.level) <= levels.indexOf(level),
          )
          .map((candidate) => candidate.keyword),
        'ModalitiesInStudy',
        ...(deep ? Object.keys(procedureFields) : []),
        ...(deep ? Object.keys(requestFields).map((field) => `${REQUESTS}.${field}`) : []),
      ].join(', '),
    );
  }
  return plain(indexedCondition(found, name, value, options));
}

const plain = (condition: Condition) => ({ sql: condition, needsProcedures: false });

function indexedCondition(
  found: IndexedAttribute,
  name: string,
  value: string,
  options: MatchingOptions,
): Condition {
  const field = sql.raw(found.value);
  if (value === '' || value === '*') return sql`true`;
  if (options.emptyValues && value === '""')
    return found.match === 'number' ? sql`${field} is null` : sql`${field} = ''`;
  const one = (text: string): Condition => {
    switch (found.match) {
      case 'number': {
        if (!/^[+-]?\d{1,12}$/.test(text.trim()))
          throw badParameter('this attribute is a whole number', name);
        return sql`${field}::bigint = ${Number(text)}`;
      }
      case 'date':
      case 'time':
        return range(field, text, found.match, name);
      case 'person':
        return options.fuzzy ? fuzzy(field, text, options.collation) : person(field, text, options.collation);
      case 'text':
        return sql`${cased(field, options.collation)} like ${pattern(text.toLowerCase())}`;
      default:
        return like(field, text);
    }
  };
  if (found.match === 'uid') return sql`${field} = any(${list(value)})`;
  return options.multipleValues ? any(list(value).map(one)) : one(value);
}

function any(conditions: readonly Condition[]): Condition {
  return sql`(${sql.join(conditions, sql` or `)})`;
}

/** Comma and backslash both separate values (PS3.18 §8.3.4.1). */
function list(value: string): string[] {
  return value
    .split(/[,\\]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Exact comparison can use an index; wildcards are `*` and `?` (PS3.4 C.2.2.2.4). */
function like(field: Condition, value: string): Condition {
  return /[*?]/.test(value) ? sql`${field} like ${pattern(value)}` : sql`${field} = ${value}`;
}

function pattern(value: string): string {
  return value
    .replaceAll(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_');
}

const BOUNDS = { date: /^\d{8}$/, time: /^\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?$/ } as const;

/** PS3.4 C.2.2.2.5: `a`, `a-b`, `a-`, `-b`, of dates and times. */
function range(field: Condition, value: string, kind: 'date' | 'time', name: string): Condition {
  const [from = '', to, more] = value.split('-').map((part) => part.trim());
  const bad = (bound: string) => bound !== '' && !BOUNDS[kind].test(bound);
  if (more !== undefined || bad(from) || bad(to ?? '') || (from === '' && (to ?? '') === '')) {
    throw badParameter(
      `this is not a ${kind} or a range of them`,
      name,
      kind === 'date' ? '20260131 or 20260101-20260131' : '1030 or 1000-1059',
    );
  }
  // `101530` is before `1016`: a time ends, and is met, by everything that starts like it.
  if (to === undefined) {
    return kind === 'date'
      ? sql`${field} = ${from}`
      : sql`(${field} = ${from} or ${field} like ${`${from}%`})`;
  }
  return sql`${field} <> '' and ${field} >= ${from} and (${to} = '' or ${field} <= ${`${to}~`})`;
}

function cased(field: Condition, collation: string | undefined): Condition {
  return collation === undefined ? sql`lower(${field})` : sql`lower(${field} collate ${sql.id(collation)})`;
}

/** Any component group may match; case and trailing empty components do not count. */
function person(field: Condition, value: string, collation: string | undefined): Condition {
  const wanted = pattern(value.toLowerCase().replace(/\^+$/, ''));
  return sql`exists (select 1 from unnest(string_to_array(${field}, '=')) as part
    where rtrim(${cased(sql`part`, collation)}, '^ ') like ${wanted})`;
}

const MARKS = '[\u0300-\u036f]';
const MOST_WORDS = 16;

/** Each word asked for begins a word of the name, whatever the order, the case and the accents. */
function fuzzy(field: Condition, value: string, collation: string | undefined): Condition {
  const words = value
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[\s^=,*?]+/)
    .filter((word) => word !== '')
    .slice(0, MOST_WORDS);
  if (words.length === 0) return sql`true`;
  const name = sql`' ' || translate(regexp_replace(normalize(${cased(field, collation)}, NFKD), ${MARKS}, '', 'g'), '^=,', '   ')`;
  return sql`(${sql.join(
    words.map((word) => sql`${name} like ${`% ${pattern(word)}%`}`),
    sql` and `,
  )})`;
}
