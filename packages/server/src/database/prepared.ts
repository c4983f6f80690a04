import { CompiledQuery } from 'kysely';
import type { Database } from './connect.ts';

const names = new Map<string, string>();

/**
 * A statement that every connection parses and plans once: for those that run hundreds of times a second. Values are
 * given for `$1`, `$2`, …
 */
export function prepared<Row>(
  name: string,
  text: string,
): (db: Database, values: readonly unknown[]) => Promise<Row[]> {
  names.set(text, name);
  return async (db, values) => (await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;
}

/** The name under which a connection keeps this statement; undefined for all others. */
export function preparedName(text: string): string | undefined {
  return names.get(text);
}
