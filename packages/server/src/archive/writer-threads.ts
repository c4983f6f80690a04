import { Worker } from 'node:worker_threads';
import {
  SLAB_BYTES,
  type Slab,
  type WriterAnswer,
  type WriterFailure,
  type WriterMessage,
  type WriterStep,
} from './writer-protocol.ts';

/** The threads that write the files of an archive. They start when they are needed and keep no process alive. */
export interface WriterThreads {
  /** A lane for one file: its steps are done in order. Close it when the last step was answered. */
  lane(): WriterLane;
}

export interface WriterLane {
  /**
   * Resolves when the step is done; a file that is kept is then durable. `named` hears before that of the hash, when the
   * file has its name.
   * @throws WriterError
   */
  run(step: WriterStep, named?: (sha256: string) => void): Promise<void>;
  /** Memory for this lane. */
  take(): Slab;
  /** Only what the thread has read. */
  give(slab: Slab): void;
  close(): void;
}

/** Why a step failed; nothing of its file is left. */
export class WriterError extends Error {
  readonly code: string | undefined;
  readonly freeBytes: number | undefined;

  constructor(failure: WriterFailure) {
    super(failure.message);
    this.name = 'WriterError';
    this.code = failure.code;
    this.freeBytes = failure.freeBytes;
  }
}

/**
 * Enough to keep a disk's queue filled while each waits for its own file; more would share the same flushes. A thread
 * takes about 8 MiB.
 */
const MOST_THREADS = 4;

/** Memory that a thread keeps for the next instances; the rest goes back to the system. */
const MOST_SPARE = 4;

interface Waiting {
  readonly named: ((sha256: string) => void) | undefined;
  resolve(): void;
  reject(error: WriterError): void;
}

interface Seat {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  readonly spare: Slab[];
  lanes: number;
}

export function createWriterThreads(): WriterThreads {
  let seats: Seat[] = [];
  let lastId = 0;
  let lastSlab = 0;

  function tell(seat: Seat, message: WriterMessage): void {
    seat.worker.postMessage(message);
  }

  function start(): Seat {
    const worker = new Worker(new URL('./writer-worker.ts', import.meta.url), { execArgv: [] });
    const seat: Seat = { worker, waiting: new Map(), spare: [], lanes: 0 };
    worker.unref();
    worker.on('message', (answer: WriterAnswer) => {
      const task = seat.waiting.get(answer.id);
      if ('named' in answer) {
        task?.named?.(answer.named);
        return;
      }
      seat.waiting.delete(answer.id);
      if (seat.waiting.size === 0) worker.unref();
      if (answer.ok) task?.resolve();
      else task?.reject(new WriterError(answer.failure));
    });
    const lost = (message: string) => {
      seats = seats.filter((other) => other !== seat);
      for (const task of seat.waiting.values()) task.reject(new WriterError({ message }));
      seat.waiting.clear();
    };
    worker.on('error', (error) => lost(`the writing thread failed: ${error.message}`));
    worker.on('exit', (code) => lost(`the writing thread ended with code ${code}`));
    seats.push(seat);
    return seat;
  }

  return {
    lane() {
      const least = seats.reduce<Seat | undefined>(
        (best, seat) => (best === undefined || seat.lanes < best.lanes ? seat : best),
        undefined,
      );
      const isFree = least !== undefined && (least.lanes === 0 || seats.length >= MOST_THREADS);
      const seat = isFree ? least : start();
      seat.lanes += 1;
      let isOpen = true;
      return {
        run(step, named) {
          if (!seats.includes(seat))
            return Promise.reject(new WriterError({ message: 'the writing thread is gone' }));
          return new Promise((resolve, reject) => {
            lastId += 1;
            if (seat.waiting.size === 0) seat.worker.ref();
            seat.waiting.set(lastId, { named, resolve, reject });
            tell(seat, { kind: 'step', id: lastId, step });
          });
        },
        take() {
          const spare = seat.spare.pop();
          if (spare !== undefined) return spare;
          lastSlab += 1;
          const slab = { id: lastSlab, bytes: new Uint8Array(new SharedArrayBuffer(SLAB_BYTES)) };
          tell(seat, { kind: 'slab', slab });
          return slab;
        },
        give(slab) {
          if (seat.spare.length < MOST_SPARE) seat.spare.push(slab);
          else tell(seat, { kind: 'forget', slab: slab.id });
        },
        close() {
          if (isOpen) seat.lanes -= 1;
          isOpen = false;
        },
      };
    },
  };
}
