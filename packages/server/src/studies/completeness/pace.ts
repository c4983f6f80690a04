import type { Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import type { Logger } from '../../operations/index.ts';

/** Studies of a source that are remembered; its habits change with its protocols. */
const REMEMBERED = 100;
/** Fewer say nothing about the next. */
const FEWEST = 8;
const QUANTILE = 0.95;
/** A pause a little longer than any usual one. */
const FACTOR = 1.5;
const MOST_OPEN = 5_000;

/** How long each source is usually quiet within a study: learned from the longest pause in each of its last studies. */
export interface SourcePace {
  /** An instance of a study arrived from a source. */
  arrived(source: string, study: string, atMs: number): void;
  /** The study was closed: its longest pause is one more experience. */
  closed(study: string): void;
  /** How long a source may be quiet before its study counts as complete, in seconds. */
  quietSeconds(source: string): number;
  load(): Promise<void>;
  /** Waits for what is being written. */
  flush(): Promise<void>;
}

interface Arrivals {
  readonly source: string;
  last: number;
  longest: number;
}

export function createSourcePace(
  db: Database,
  settings: () => Configuration['studies'],
  log: Logger,
): SourcePace {
  const pauses = new Map<string, number[]>();
  const arrivals = new Map<string, Arrivals>();
  let writing: Promise<unknown> = Promise.resolve();

  function remember(source: string, pauseMs: number): void {
    const list = [...(pauses.get(source) ?? []), Math.round(pauseMs)].slice(-REMEMBERED);
    pauses.set(source, list);
    const row = { pauses: JSON.stringify(list), changed_at: new Date() };
    writing = writing
      .then(() =>
        db
          .insertInto('source_pace')
          .values({ source, ...row })
          .onConflict((conflict) => conflict.column('source').doUpdateSet(row))
          .execute(),
      )
      .catch((error: unknown) => log.warn({ err: error }, 'the pace of a source was not written down'));
  }

  return {
    arrived(source, study, atMs) {
      const before = arrivals.get(study);
      if (before === undefined) {
        // The oldest is forgotten rather than the newest not learned.
        if (arrivals.size >= MOST_OPEN) arrivals.delete(arrivals.keys().next().value ?? '');
        arrivals.set(study, { source, last: atMs, longest: 0 });
        return;
      }
      before.longest = Math.max(before.longest, atMs - before.last);
      before.last = atMs;
    },
    closed(study) {
      const seen = arrivals.get(study);
      if (seen === undefined || seen.longest === 0) return;
      remember(seen.source, seen.longest);
      // Kept: an instance that comes late tells that the pause was too short.
      seen.longest = 0;
    },
    quietSeconds(source) {
      const bounds = settings();
      const list = bounds.learnQuiet ? (pauses.get(source) ?? []) : [];
      return list.length < FEWEST ? bounds.quietSeconds : learned(list, bounds);
    },
    async load() {
      for (const row of await db.selectFrom('source_pace').selectAll().execute())
        pauses.set(row.source, row.pauses);
    },
    flush: async () => {
      await writing;
    },
  };
}

/** The pause that 95 of 100 studies of the source stayed below, with a margin, within the bounds. Seconds. */
export function learned(
  pausesMs: readonly number[],
  bounds: Pick<Configuration['studies'], 'shortestQuietSeconds' | 'longestQuietSeconds'>,
): number {
  const sorted = pausesMs.toSorted((a, b) => a - b);
  const at = sorted[Math.min(sorted.length - 1, Math.ceil(QUANTILE * sorted.length) - 1)] ?? 0;
  const seconds = (at / 1000) * FACTOR;
  return Math.min(Math.max(seconds, bounds.shortestQuietSeconds), bounds.longestQuietSeconds);
}
