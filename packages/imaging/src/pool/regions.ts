import { FIRST_FREE_ADDRESS, growTo } from './kernels.ts';

interface Gap {
  start: number;
  end: number;
}

/** Regions must not split a page of the system between two workers. */
const GRANULE = 4096;

/** Gives out and takes back parts of the shared memory, lowest address first. */
export class Regions {
  readonly #memory: WebAssembly.Memory;
  readonly #limit: number;
  #gaps: Gap[];
  readonly #used = new Map<number, number>();

  constructor(memory: WebAssembly.Memory, limitBytes: number) {
    this.#memory = memory;
    this.#limit = limitBytes;
    this.#gaps = [{ start: FIRST_FREE_ADDRESS, end: limitBytes }];
  }

  /** The address of a free region, or undefined when there is none of that size. */
  take(bytes: number): number | undefined {
    const size = Math.max(GRANULE, Math.ceil(bytes / GRANULE) * GRANULE);
    const gap = this.#gaps.find(({ start, end }) => end - start >= size);
    if (gap === undefined) return undefined;
    const address = gap.start;
    try {
      growTo(this.#memory, Math.min(address + size, this.#limit));
    } catch (error) {
      // The system has no more memory to give: to the caller the same as a full one.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
    gap.start += size;
    if (gap.start === gap.end) this.#gaps = this.#gaps.filter((other) => other !== gap);
    this.#used.set(address, size);
    return address;
  }

  give(address: number): void {
    const size = this.#used.get(address);
    if (size === undefined) return;
    this.#used.delete(address);
    this.#gaps.push({ start: address, end: address + size });
    this.#gaps.sort((a, b) => a.start - b.start);
    const joined: Gap[] = [];
    for (const gap of this.#gaps) {
      const before = joined.at(-1);
      if (before !== undefined && before.end === gap.start) before.end = gap.end;
      else joined.push(gap);
    }
    this.#gaps = joined;
  }

  get isEmpty(): boolean {
    return this.#used.size === 0;
  }
}
