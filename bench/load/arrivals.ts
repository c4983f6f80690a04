import { KINDS, type Kind, MIX } from './studies.ts';

export interface Arrival {
  /** After the start. */
  readonly atSeconds: number;
  readonly kind: Kind;
}

/** Mulberry32: the same arrivals in every run with the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Studies that come independently of each other (exponential pauses), as many as the rate says, then a burst of some
 * at the same moment.
 */
export function planArrivals(options: {
  readonly seed: number;
  readonly minutes: number;
  readonly studiesPerHour: number;
  readonly burst: number;
}): Arrival[] {
  const next = random(options.seed);
  const kind = (): Kind => {
    const draw = next() * Object.values(MIX).reduce((sum, share) => sum + share, 0);
    let upTo = 0;
    for (const candidate of KINDS) {
      upTo += MIX[candidate];
      if (draw < upTo) return candidate;
    }
    return KINDS[0];
  };
  const seconds = options.minutes * 60;
  const count = Math.round((options.minutes / 60) * options.studiesPerHour);
  // Given their number, the moments of a Poisson process are independent and uniform.
  const steady = Array.from({ length: count }, () => next() * seconds).sort((a, b) => a - b);
  const burst = Array.from({ length: options.burst }, () => seconds);
  return [...steady, ...burst].map((atSeconds) => ({ atSeconds, kind: kind() }));
}
