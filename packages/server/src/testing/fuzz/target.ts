import { PhotopeakError } from '@photopeak/imaging';

/** Numbers below a limit that are the same for the same seed (mulberry32). */
export type Random = (below: number) => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

/** A reader of bytes that strangers may send, as a campaign plays with it. */
export interface FuzzTarget {
  readonly name: string;
  /** Words of the format, put in anywhere. */
  readonly tokens: readonly Uint8Array[];
  /** Longer inputs are cut: what is quadratic shows itself at this size. */
  readonly largestBytes: number;
  /** Processor time of one input, of all threads; what takes longer is a finding. */
  readonly slowestCpuMs: number;
  open(): Promise<OpenTarget>;
}

export interface OpenTarget {
  /**
   * Reads the bytes in every way that the node reads them. Rejects with whatever is no error of the catalogue.
   * @returns what happened in short: inputs that make something new happen are mutated further
   */
  play(bytes: Uint8Array, random: Random): Promise<string>;
  close(): Promise<void>;
}

/** Collects what readings of one input came to. An error without a code of this product goes on as it is. */
export function observer(expected: RegExp) {
  const seen = new Set<string>();
  const note = (name: string, error: unknown) => {
    if (!(error instanceof PhotopeakError) || !expected.test(error.code)) throw error;
    seen.add(
      `${name}:${error.code}:${(error.expected ?? error.message).replaceAll(/\d+/g, 'N').slice(0, 60)}`,
    );
  };
  return {
    /** True where the reading ended well. */
    attempt(name: string, work: () => unknown): boolean {
      try {
        work();
        seen.add(name);
        return true;
      } catch (error) {
        note(name, error);
        return false;
      }
    },
    async attemptAsync(name: string, work: () => Promise<unknown>): Promise<void> {
      try {
        await work();
        seen.add(name);
      } catch (error) {
        note(name, error);
      }
    },
    saw: (text: string) => void seen.add(text),
    summary: () => [...seen].sort().join(' '),
  };
}
