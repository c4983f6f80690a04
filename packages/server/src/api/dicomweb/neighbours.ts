/** How long an answer of the index may be used again. Long enough for the next request of a client that asks in a row. */
const FRESH_MS = 2000;
const MOST_SERIES = 16;

interface Entry<Row> {
  readonly askedAt: number;
  readonly series: Series<Row> | undefined;
  /** The place of the last answer. */
  last: number;
}

interface Series<Row> {
  readonly rows: readonly Row[];
  readonly places: ReadonlyMap<string, number>;
}

export interface Neighbours<Row> {
  /**
   * The row of one instance. A client that asks for a second instance of a series within two seconds goes on: its rows are
   * then taken together, and one query answers hundreds of requests. What is not among them is asked for by itself.
   */
  find(series: string, instance: string): Promise<Neighbour<Row> | undefined>;
}

export interface Neighbour<Row> {
  readonly row: Row;
  /** What a client that goes through the series in its order will ask for next. */
  readonly next: Row | undefined;
}

/** Remembers, for a moment, the rows of the series that are retrieved instance by instance. */
export function createNeighbours<Row>(ask: {
  one(series: string, instance: string): Promise<Row | undefined>;
  /** In the order in which a client goes through them. */
  all(series: string): Promise<ReadonlyMap<string, Row>>;
  now?(): number;
}): Neighbours<Row> {
  const now = ask.now ?? (() => performance.now());
  const entries = new Map<string, Entry<Row>>();
  return {
    async find(series, instance) {
      const entry = entries.get(series);
      const isFresh = entry !== undefined && now() - entry.askedAt < FRESH_MS;
      if (!isFresh) remember(series, { askedAt: now(), series: undefined, last: -1 });
      else if (entry.series === undefined) {
        const taken = inOrder(await ask.all(series));
        const known = { askedAt: now(), series: taken, last: -1 };
        remember(series, known);
        return answer(known, taken, taken.places.get(instance));
      } else {
        const place = entry.series.places.get(instance);
        if (place !== undefined) return answer(entry, entry.series, place);
      }
      const row = await ask.one(series, instance);
      return row === undefined ? undefined : { row, next: undefined };
    },
  };

  function remember(series: string, entry: Entry<Row>): void {
    entries.delete(series);
    entries.set(series, entry);
    const [oldest] = entries.keys();
    if (entries.size > MOST_SERIES) entries.delete(oldest!);
  }
}

function inOrder<Row>(rows: ReadonlyMap<string, Row>): Series<Row> {
  return { rows: [...rows.values()], places: new Map([...rows.keys()].map((key, place) => [key, place])) };
}

function answer<Row>(
  entry: Entry<Row>,
  { rows }: Series<Row>,
  place: number | undefined,
): Neighbour<Row> | undefined {
  if (place === undefined) return undefined;
  const isInOrder = place === entry.last + 1;
  entry.last = place;
  return { row: rows[place]!, next: isInOrder ? rows[place + 1] : undefined };
}
