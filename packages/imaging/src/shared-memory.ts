import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * The engine does not count shared memory: volumes that nobody uses any more stay until its own heap, which they do not
 * fill, gives it a reason to collect. So what is allocated is counted here, and after this much the collector is run, here and in the
 * workers, which have views of the same memory. A run takes some 20 ms.
 */
const ALLOCATED_BYTES = 512 * 2 ** 20;

let allocated = 0;
let collector: (() => void) | undefined;
const others = new Set<() => void>();

/** Runs the collector of this thread. */
export function collectGarbage(): void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc');
    collector = runInNewContext('gc') as () => void;
  }
  collector();
}

/** `collect` is called whenever this thread collects: for those that hold views of its memory. */
export function collectWith(collect: () => void): void {
  others.add(collect);
}

/** Zeros in memory that all threads can see. */
export function allocateShared(bytes: number): SharedArrayBuffer {
  allocated += bytes;
  if (allocated > ALLOCATED_BYTES) {
    allocated = bytes;
    for (const collect of others) collect();
    collectGarbage();
  }
  return new SharedArrayBuffer(bytes);
}
