import type { Logger } from './logging.ts';

/** How often a failure that goes on is said again. */
const REPEAT_MS = 60_000;

export interface Loop {
  /** Runs the work soon instead of at its next turn. */
  kick(): void;
  /** Waits for the turn that is running. */
  stop(): Promise<void>;
}

/**
 * Does `work` again and again, never twice at once, with a pause between. Work that returns more than 0 did something
 * and gets its next turn at once; work that throws is logged and tried again after the pause.
 */
export function startLoop(
  name: string,
  pauseMs: number,
  work: (signal: AbortSignal) => Promise<number | undefined>,
  log: Logger,
): Loop {
  const stopping = new AbortController();
  let wake: () => void = () => undefined;
  let kicked = false;
  let failing: { readonly text: string; readonly saidAt: number } | undefined;
  const run = (async () => {
    while (!stopping.signal.aborted) {
      kicked = false;
      let did = 0;
      try {
        did = (await work(stopping.signal)) ?? 0;
        if (failing !== undefined) log.warn({ loop: name }, 'a background task works again');
        failing = undefined;
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        // A database that is away fails every turn: said once, and again each minute, not four times a second.
        const isNews = failing?.text !== text || Date.now() - failing.saidAt > REPEAT_MS;
        if (isNews && !stopping.signal.aborted) {
          failing = { text, saidAt: Date.now() };
          log.error({ loop: name, err: error }, 'a background task failed; it goes on');
        }
      }
      if (did > 0 || kicked || stopping.signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  return {
    kick() {
      kicked = true;
      wake();
    },
    async stop() {
      stopping.abort();
      wake();
      await run;
    },
  };
}
