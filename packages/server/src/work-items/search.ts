import { isKeyword, jsonTag, lookUpTag, tagOf } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { type RawBuilder, sql } from 'kysely';
import { T } from './model.ts';

/** Attributes and the values they must have; sequences are reached by a dot. */
export type WorkItemFilter = Readonly<Record<string, string>>;

const MOST_KEYS = 32;
const LONGEST = 2_048;
const DEEPEST = 5;

/**
 * SQL that a work item must fulfil (PS3.18 §11.9, matching as in PS3.4 C.2.2.2): value, list of values, wildcards,
 * and ranges of dates and times, at any depth.
 * @throws PhotopeakError HTTP_INPUT
 */
export function matching(filter: WorkItemFilter): RawBuilder<unknown> {
  const entries = Object.entries(filter);
  if (entries.length > MOST_KEYS) throw bad('too many attributes', String(entries.length));
  const parts = entries
    .filter(([, value]) => value !== '' && value !== '*')
    .map(([name, value]) => one(name, value));
  return parts.length === 0 ? sql`true` : sql.join(parts, sql` and `);
}

function bad(message: string, found: string): PhotopeakError {
  return new PhotopeakError(message, { code: 'HTTP_INPUT', found: found.slice(0, 80) });
}

function one(name: string, value: string): RawBuilder<unknown> {
  if (value.length > LONGEST || value.includes('\0')) throw bad('this value cannot be matched', name);
  const tags = name.split('.').map((part) => {
    if (isKeyword(part)) return jsonTag(tagOf(part));
    if (/^[0-9a-f]{8}$/i.test(part)) return part.toUpperCase();
    throw bad('this names no attribute', name);
  });
  if (tags.length > DEEPEST) throw bad('this path is too deep', name);
  if (tags.length === 1 && tags[0] === T.state) return compare(sql`work_item.state`, value, false);
  const isTime = /^(DA|TM|DT)$/.test(lookUpTag(Number.parseInt(tags.at(-1)!, 16))?.vr ?? '');
  const path = `$${tags.map((tag) => `."${tag}"."Value"[*]`).join('')}`;
  return sql`exists (select 1 from jsonb_path_query(work_item.attributes, ${path}::jsonpath) as found
    where ${compare(sql`(case jsonb_typeof(found) when 'object' then coalesce(found->>'Alphabetic', '') else found #>> '{}' end)`, value, isTime)})`;
}

const RANGE = /^(\d{4,14}(?:\.\d+)?(?:[+-]\d{4})?)?-(\d{4,14}(?:\.\d+)?)?$/;

function compare(field: RawBuilder<unknown>, value: string, ranges: boolean): RawBuilder<unknown> {
  const range = ranges ? RANGE.exec(value) : null;
  if (range !== null && value !== '-') {
    const [, from = '', to = ''] = range;
    return sql`${field} >= ${from} and (${to} = '' or ${field} <= ${`${to}~`})`;
  }
  const values = value.split(/[,\\]/).map((part) => part.trim());
  const each = values.map((part) => {
    if (!/[*?]/.test(part)) return sql`${field} = ${part}`;
    const pattern = part
      .replaceAll(/[\\%_]/g, '\\$&')
      .replaceAll('*', '%')
      .replaceAll('?', '_');
    return sql`${field} ilike ${pattern}`;
  });
  return sql`(${sql.join(each, sql` or `)})`;
}
