import type pg from 'pg';

export interface TableShape {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Rebuilt by the code itself, or true only of processes that live now. */
const LEFT_OUT = new Set(['migration', 'executor', 'gpu_use', 'instance_metadata']);

export const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

/**
 * Tables that hold what a node knows, each after those it refers to. The workflow engine's own schema is left out: a
 * run that was not finished is started again, and gives the same objects.
 */
export async function tablesInOrder(client: pg.ClientBase): Promise<TableShape[]> {
  const { rows } = await client.query<{ table: string; column: string; type: string }>(`
    select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind = 'r'
    order by c.relname, a.attnum`);
  const shapes = new Map<string, { name: string; columns: { name: string; type: string }[] }>();
  for (const { table, column, type } of rows) {
    if (LEFT_OUT.has(table)) continue;
    const shape = shapes.get(table) ?? { name: table, columns: [] };
    shape.columns.push({ name: column, type });
    shapes.set(table, shape);
  }
  const references = await client.query<{ from: string; to: string }>(`
    select s.relname as from, t.relname as to
    from pg_constraint k
    join pg_class s on s.oid = k.conrelid
    join pg_class t on t.oid = k.confrelid
    where k.contype = 'f' and k.conrelid <> k.confrelid`);
  const ordered: TableShape[] = [];
  const visiting = new Set<string>();
  const visit = (name: string): void => {
    const shape = shapes.get(name);
    if (shape === undefined || visiting.has(name)) return;
    visiting.add(name);
    for (const { from, to } of references.rows) if (from === name) visit(to);
    ordered.push(shape);
  };
  for (const name of shapes.keys()) visit(name);
  return ordered;
}

/** Values as text that is the same wherever it is written and read. */
export const PORTABLE_SETTINGS = `
  set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'iso_8601';
  set local extra_float_digits = 3; set local bytea_output = 'hex'`;
