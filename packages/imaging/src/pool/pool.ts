import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { PhotopeakError } from '../errors.ts';
import { collectWith } from '../shared-memory.ts';
import { Arena } from './arena.ts';
import { compileKernels, createKernelMemory, instantiateKernels, type Kernels } from './kernels.ts';
import { COLLECT, type Request, type Response, type WorkerSetup } from './messages.ts';
import { type AnswerOf, type OperationName, perform, type TaskOf } from './operations/index.ts';
import { Regions } from './regions.ts';
import type { Lease } from './staging.ts';

/** One piece of work and the arena it needs. */
export interface Piece<N extends OperationName> {
  readonly task: TaskOf<N>;
  readonly bytes: number;
  /** Released when the piece is done. */
  readonly lease?: Lease;
}

interface Job {
  readonly name: OperationName;
  readonly pieces: Iterator<Piece<OperationName>>;
  /** A piece that could not be sent yet for want of memory. */
  waiting: Piece<OperationName> | undefined;
  readonly answers: unknown[];
  started: number;
  finished: number;
  exhausted: boolean;
  failure: PhotopeakError | undefined;
  readonly settle: () => void;
}

interface Running {
  readonly job: Job;
  readonly index: number;
  readonly base: number;
  readonly lease: Lease | undefined;
}

interface Seat {
  readonly worker: Worker;
  readonly running: Map<number, Running>;
}

const MOST_THREADS = 16;
/** Pieces sent to a worker ahead of its answers: the next one is there when the last is done. */
const AHEAD = 2;
const MEMORY_LIMIT_BYTES = 2 ** 31 - 65536;
/** A memory that has grown beyond this is given back when the last piece is done. */
const KEPT_MEMORY_BYTES = 512 * 2 ** 20;

let wantedThreads: number | undefined;

/**
 * How many worker threads the heavy functions use from the next call on; the results are the same for any number.
 * Without a call: one per processor, at most 16.
 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1) {
    throw new PhotopeakError('the number of threads is not valid', {
      code: 'IMAGING_THREADS',
      expected: 'a whole number above zero',
      found: String(count),
    });
  }
  wantedThreads = count;
}

export function threads(): number {
  return wantedThreads ?? Math.min(availableParallelism(), MOST_THREADS);
}

function failed(message: string): PhotopeakError {
  return new PhotopeakError(`a worker thread failed: ${message}`, {
    code: 'IMAGING_WORKER_FAILED',
    remedy: 'run again; if it happens again, report the message with the kind and size of the volume',
  });
}

/** The workers of this process, all on one shared memory. They never keep the process alive without work. */
class Pool {
  readonly #module = compileKernels();
  #memory = createKernelMemory();
  #regions = new Regions(this.#memory, MEMORY_LIMIT_BYTES);
  #own: Kernels | undefined;
  #seats: Seat[] = [];
  #jobs: Job[] = [];
  #nextId = 0;
  #nextInstance = 0;

  /** Does all pieces and returns their answers in order; pieces are made when there is a worker for them. */
  run<N extends OperationName>(name: N, pieces: Iterable<Piece<N>>): Promise<AnswerOf<N>[]> {
    return new Promise((resolve, reject) => {
      const job: Job = {
        name,
        pieces: pieces[Symbol.iterator]() as Iterator<Piece<OperationName>>,
        waiting: undefined,
        answers: [],
        started: 0,
        finished: 0,
        exhausted: false,
        failure: undefined,
        settle: () => (job.failure ? reject(job.failure) : resolve(job.answers as AnswerOf<N>[])),
      };
      this.#jobs.push(job);
      this.#dispatch();
    });
  }

  /** Does the pieces on this thread: for work that is smaller than waking a worker. */
  runHere<N extends OperationName>(name: N, pieces: Iterable<Piece<N>>): AnswerOf<N>[] {
    const answers: AnswerOf<N>[] = [];
    for (const { task, bytes, lease } of pieces) {
      answers.push(this.withArena(bytes, (arena) => perform(arena, name, task)));
      lease?.release();
    }
    return answers;
  }

  /** Calls `use` with a part of the shared memory and the kernels of this thread. */
  withArena<R>(bytes: number, use: (arena: Arena) => R): R {
    const base = this.take(bytes);
    try {
      this.#own ??= instantiateKernels(this.#module, this.#memory, this.#nextInstance++);
      return use(new Arena(this.#own, this.#memory, base, bytes));
    } finally {
      this.give(base);
    }
  }

  /** A region of the shared memory until it is given back. Throws `IMAGING_OUT_OF_MEMORY`. */
  take(bytes: number): number {
    const base = this.#regions.take(bytes);
    if (base === undefined) throw this.#outOfMemory(bytes);
    return base;
  }

  give(base: number): void {
    this.#regions.give(base);
    this.#trim();
  }

  #outOfMemory(bytes: number): PhotopeakError {
    return new PhotopeakError('the working memory of the imaging kernels is full', {
      code: 'IMAGING_OUT_OF_MEMORY',
      expected: `${bytes} more bytes of at most ${MEMORY_LIMIT_BYTES}`,
      found: `${this.#memory.buffer.byteLength} bytes in use or set aside`,
      remedy: 'use fewer threads, or a coarser grid (downsample)',
    });
  }

  #dispatch(): void {
    for (const job of [...this.#jobs]) {
      for (;;) {
        const piece = this.#nextPiece(job);
        if (piece === undefined) break;
        const seat = this.#freeSeat();
        const base = seat && this.#regions.take(piece.bytes);
        if (seat === undefined || base === undefined) {
          if (seat !== undefined && this.#seats.every(({ running }) => running.size === 0)) {
            job.failure = this.#outOfMemory(piece.bytes);
            break;
          }
          job.waiting = piece;
          return;
        }
        this.#send(seat, job, piece, base);
      }
      this.#finish(job);
    }
    this.#trim();
  }

  #nextPiece(job: Job): Piece<OperationName> | undefined {
    if (job.failure !== undefined || job.exhausted) return undefined;
    if (job.waiting !== undefined) {
      const piece = job.waiting;
      job.waiting = undefined;
      return piece;
    }
    try {
      const next = job.pieces.next();
      if (!next.done) return next.value;
    } catch (error) {
      job.failure = error instanceof PhotopeakError ? error : failed(String(error));
    }
    job.exhausted = true;
    return undefined;
  }

  #finish(job: Job): void {
    if ((!job.exhausted && job.failure === undefined) || job.finished < job.started) return;
    this.#jobs = this.#jobs.filter((other) => other !== job);
    job.settle();
  }

  #freeSeat(): Seat | undefined {
    const open = this.#seats.slice(0, threads());
    const least = open.reduce<Seat | undefined>(
      (best, seat) => (best === undefined || seat.running.size < best.running.size ? seat : best),
      undefined,
    );
    if (least !== undefined && least.running.size === 0) return least;
    if (open.length < threads()) return this.#start();
    return least !== undefined && least.running.size < AHEAD ? least : undefined;
  }

  #start(): Seat {
    const setup: WorkerSetup = { module: this.#module, memory: this.#memory, index: this.#nextInstance++ };
    // Options of the parent's command line (loaders, inspectors) are not for these workers.
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: setup, execArgv: [] });
    const seat: Seat = { worker, running: new Map() };
    worker.unref();
    worker.on('message', (response: Response) => this.#receive(seat, response));
    worker.on('error', (error) => this.#lose(seat, String(error)));
    worker.on('exit', (code) => this.#lose(seat, `it ended with code ${code}`));
    this.#seats.push(seat);
    return seat;
  }

  #send(seat: Seat, job: Job, { task, bytes, lease }: Piece<OperationName>, base: number): void {
    const id = this.#nextId++;
    if (seat.running.size === 0) seat.worker.ref();
    seat.running.set(id, { job, index: job.started++, base, lease });
    const request: Request = { id, name: job.name, task, base, bytes };
    seat.worker.postMessage(request);
  }

  #receive(seat: Seat, response: Response): void {
    const entry = seat.running.get(response.id);
    if (entry === undefined) return;
    seat.running.delete(response.id);
    this.#regions.give(entry.base);
    entry.lease?.release();
    if (seat.running.size === 0) seat.worker.unref();
    entry.job.finished++;
    if (response.ok) entry.job.answers[entry.index] = response.answer;
    else entry.job.failure ??= failed(response.message);
    this.#dispatch();
  }

  #lose(seat: Seat, message: string): void {
    if (!this.#seats.includes(seat)) return;
    this.#seats = this.#seats.filter((other) => other !== seat);
    for (const { job, base } of seat.running.values()) {
      this.#regions.give(base);
      job.finished++;
      job.failure ??= failed(message);
    }
    seat.running.clear();
    this.#dispatch();
  }

  /** Has the workers let go of views of memory that is not used any more. */
  collect(): void {
    for (const { worker } of this.#seats) worker.postMessage(COLLECT);
  }

  /** Lets a large memory go, with the workers that hold it, once nothing uses it. */
  #trim(): void {
    if (
      this.#memory.buffer.byteLength <= KEPT_MEMORY_BYTES ||
      !this.#regions.isEmpty ||
      this.#jobs.length > 0
    ) {
      return;
    }
    for (const { worker } of this.#seats.splice(0)) void worker.terminate();
    this.#own = undefined;
    this.#memory = createKernelMemory();
    this.#regions = new Regions(this.#memory, MEMORY_LIMIT_BYTES);
  }
}

let pool: Pool | undefined;

export function thePool(): Pool {
  if (pool === undefined) {
    const made = new Pool();
    collectWith(() => made.collect());
    pool = made;
  }
  return pool;
}

/** Work below this many voxels is done at once on the calling thread. */
const SMALL_WORK = 1 << 15;

/** Does pieces of work that touch `voxels` voxels altogether. */
export async function runPieces<N extends OperationName>(
  name: N,
  voxels: number,
  pieces: Iterable<Piece<N>>,
): Promise<AnswerOf<N>[]> {
  return voxels <= SMALL_WORK ? thePool().runHere(name, pieces) : thePool().run(name, pieces);
}
