/** How long an answer of the index may be used again. Long enough for the next request of a client that asks in a row. */
const FRESH_MS = 2000;
const MOST_SERIES = 16;

interface Entry<Row> {
  askedAt: number;
  rows: ReadonlyMap<string, Row> | undefined;
}

export interface Neighbours<Row> {
  /**
   * The row of one instance. A client that asks for a second instance of a series within two seconds goes on: its rows are
   * then taken together, and one query answers hundreds of requests. What is not among them is asked for by itself.
   */
  find(series: string, instance: string): Promise<Row | undefined>;
}

/** Remembers, for a moment, the rows of the series that are retrieved instance by instance. */
export function createNeighbours<Row>(ask: {
  one(series: string, instance: string): Promise<Row | undefined>;
  all(series: string): Promise<ReadonlyMap<string, Row>>;
  now?(): number;
}): Neighbours<Row> {
  const now = ask.now ?? (() => performance.now());
  const entries = new Map<string, Entry<Row>>();
  return {
    async find(series, instance) {
      const entry = entries.get(series);
      const isFresh = entry !== undefined && now() - entry.askedAt < FRESH_MS;
      if (!isFresh) remember(series, { askedAt: now(), rows: undefined });
      else if (entry.rows === undefined) {
        const rows = await ask.all(series);
        remember(series, { askedAt: now(), rows });
        return rows.get(instance);
      } else if (entry.rows.has(instance)) return entry.rows.get(instance);
      return ask.one(series, instance);
    },
  };

  function remember(series: string, entry: Entry<Row>): void {
    entries.delete(series);
    entries.set(series, entry);
    const [oldest] = entries.keys();
    if (entries.size > MOST_SERIES) entries.delete(oldest!);
  }
}
