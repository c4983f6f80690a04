import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { dicomError } from '../errors/index.ts';
import type { CodecJob, DecodeAnswer, DecodeJob, EncodeJob } from './worker.ts';

/** Decoders hold 16 MB and more each, and frames come from one disk: more threads do not help. */
const MAX_WORKERS = 4;
/** A frame that takes longer is hostile or broken: its worker is ended. Decoders do 5 to 50 million samples a second. */
const FRAME_TIMEOUT_MS = 20_000;
const FRAME_TIMEOUT_MS_PER_SAMPLE = 0.01;

function timeoutOf(job: CodecJob): number {
  return FRAME_TIMEOUT_MS + FRAME_TIMEOUT_MS_PER_SAMPLE * job.width * job.height * job.samples;
}

interface Waiting {
  readonly job: CodecJob;
  readonly resolve: (answer: DecodeAnswer) => void;
  readonly reject: (error: Error) => void;
}

interface Slot {
  readonly worker: Worker;
  current: Waiting | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Worker threads that decode compressed frames; started when first needed, they do not keep the process alive. */
class DecodePool {
  readonly #slots: Slot[] = [];
  readonly #queue: Waiting[] = [];
  #nextId = 1;

  /** How many frames are decoded at the same time. */
  get width(): number {
    return Math.max(1, Math.min(MAX_WORKERS, availableParallelism()));
  }

  decode(job: Omit<DecodeJob, 'id' | 'task'>): Promise<DecodeAnswer> {
    return this.#do({ ...job, task: 'decode', id: this.#nextId++, bytes: Uint8Array.from(job.bytes) });
  }

  encode(job: Omit<EncodeJob, 'id' | 'task'>): Promise<DecodeAnswer> {
    return this.#do({ ...job, task: 'encode', id: this.#nextId++, bytes: Uint8Array.from(job.bytes) });
  }

  /** `own` has a copy of the bytes of its frame: a view would take the whole file along. */
  #do(own: CodecJob): Promise<DecodeAnswer> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job: own, resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      let slot = this.#slots.find((candidate) => candidate.current === undefined);
      if (slot === undefined) {
        if (this.#slots.length >= this.width) return;
        slot = this.#start();
      }
      const waiting = this.#queue.shift()!;
      slot.current = waiting;
      slot.worker.ref();
      slot.timer = setTimeout(() => this.#fail(slot, 'the decoder did not finish'), timeoutOf(waiting.job));
      slot.worker.postMessage(waiting.job, [waiting.job.bytes.buffer as ArrayBuffer]);
    }
  }

  #start(): Slot {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    worker.unref();
    const slot: Slot = { worker, current: undefined, timer: undefined };
    worker.on('message', (answer: DecodeAnswer) => {
      const waiting = slot.current;
      clearTimeout(slot.timer);
      slot.current = undefined;
      worker.unref();
      waiting?.resolve(answer);
      this.#dispatch();
    });
    worker.on('error', (error) => this.#fail(slot, error.message));
    worker.on('exit', () => this.#fail(slot, 'the decoder ended'));
    this.#slots.push(slot);
    return slot;
  }

  /** Takes a worker out of service and tells whoever waits for it. */
  #fail(slot: Slot, reason: string): void {
    const index = this.#slots.indexOf(slot);
    if (index < 0) return;
    this.#slots.splice(index, 1);
    clearTimeout(slot.timer);
    void slot.worker.terminate();
    slot.current?.reject(
      dicomError('DICOM_PIXEL_DATA_INVALID', `A frame cannot be decoded: ${reason}`, {
        where: '(7FE0,0010)',
      }),
    );
    this.#dispatch();
  }
}

let shared: DecodePool | undefined;

export function decodePool(): DecodePool {
  shared ??= new DecodePool();
  return shared;
}
