import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { preparedName } from './prepared.ts';
import type { Tables } from './schema.ts';

/** int8 (sequence numbers, byte counts) as numbers: all of ours stay far below 2^53. */
const INT8 = 20;

export type Database = Kysely<Tables>;

export interface Connection {
  readonly db: Database;
  readonly pool: pg.Pool;
  readonly url: string;
  close(): Promise<void>;
}

/** A pool with typed queries. `onError` hears of connections that broke while idle. */
export function connect(
  url: string,
  options: { readonly size?: number; readonly onError?: (error: Error) => void } = {},
): Connection {
  const types: pg.CustomTypesConfig = {
    getTypeParser: (oid, format) =>
      oid === INT8 ? Number : (pg.types.getTypeParser(oid, format) as (value: string) => unknown),
  };
  const pool = heardPool(
    {
      Client: PreparingClient,
      connectionString: url,
      max: options.size ?? 10,
      types,
      connectionTimeoutMillis: 15_000,
    },
    (error) => options.onError?.(error),
  );
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { db, pool, url, close: () => db.destroy() };
}

/**
 * A pool none of whose connections ends the process when it breaks. A pool listens only while a connection is idle, and to
 * one that runs a query for its first error alone: a second, or one between two queries of a transaction, would be an error that nobody
 * hears. The next query on the connection fails and says so. `onError` hears of those that broke while idle.
 */
export function heardPool(config: pg.PoolConfig, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({ keepAlive: true, ...config });
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Gives the statements of prepared.ts their names, whoever runs them. */
class PreparingClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const query = this.query.bind(this) as (...values: unknown[]) => unknown;
    const named = (first: unknown, ...rest: unknown[]) => {
      const name = typeof first === 'string' ? preparedName(first) : undefined;
      return query(name === undefined ? first : { name, text: first }, ...rest);
    };
    this.query = named as typeof this.query;
  }
}
