import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../operations/logging.ts';
import type { WorkerSettings } from './worker-main.ts';

const entry = fileURLToPath(new URL('./worker-main.ts', import.meta.url));
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** A worker that lived this long was healthy: the next pause starts small again. */
const HEALTHY_MS = 60_000;

export interface WorkerPool {
  /** Process ids of the workers that live now. */
  pids(): number[];
  /** How many of them take runs. */
  ready(): number;
  stop(): Promise<void>;
}

/** Keeps `count` worker processes alive; one that ends is replaced after a pause that grows while it keeps ending. */
export function startWorkers(
  count: number,
  settings: WorkerSettings,
  log: Logger,
  onChange: () => void = () => undefined,
): WorkerPool {
  const living = new Set<ChildProcess>();
  const ready = new Set<ChildProcess>();
  const timers = new Set<NodeJS.Timeout>();
  let stopping = false;

  function start(pauseMs: number): void {
    const child = fork(entry, [], {
      // The workflow engine uses pg in a way that its next major version will not allow; nobody here can act on that.
      execArgv: ['--disable-warning=DeprecationWarning'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'json',
    });
    const startedAt = Date.now();
    living.add(child);
    child.send(settings);
    child.on('message', () => {
      ready.add(child);
      onChange();
    });
    child.on('error', (error) => log.error({ err: error }, 'a worker could not be started'));
    child.on('exit', (code, signal) => {
      living.delete(child);
      ready.delete(child);
      onChange();
      if (stopping) return;
      const healthy = Date.now() - startedAt > HEALTHY_MS;
      const next = healthy ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      log.warn(
        { code, signal, restartMs: healthy ? FIRST_PAUSE_MS : pauseMs },
        'a worker ended; another one is started',
      );
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          start(next);
        },
        healthy ? FIRST_PAUSE_MS : pauseMs,
      );
      timers.add(timer);
    });
  }

  for (let index = 0; index < count; index++) start(FIRST_PAUSE_MS);
  return {
    ready: () => ready.size,
    pids: () => [...living].flatMap((child) => (child.pid === undefined ? [] : [child.pid])),
    async stop() {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(
        [...living].map(async (child) => {
          const ended = once(child, 'exit');
          child.kill('SIGTERM');
          await ended;
        }),
      );
    },
  };
}
