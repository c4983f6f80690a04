import type { Logger } from './logging.ts';

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
  const run = (async () => {
    while (!stopping.signal.aborted) {
      kicked = false;
      let did = 0;
      try {
        did = (await work(stopping.signal)) ?? 0;
      } catch (error) {
        if (!stopping.signal.aborted)
          log.error({ loop: name, err: error }, 'a background task failed; it goes on');
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
