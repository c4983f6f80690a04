/** How long each side may keep the other waiting, in ms. All are configuration; these are the defaults. */
export interface Timeouts {
  /** TCP (and TLS) connection. */
  readonly connectMs: number;
  /** Answer to an association or release request. */
  readonly associationMs: number;
  /** ARTIM of PS3.8 9.1.5: first PDU after the connection, close after the last one. */
  readonly artimMs: number;
  /** No byte in the middle of a message, or none taken by the peer while we send. */
  readonly stallMs: number;
  /** A response to a request of ours. Storing a large object takes some archives minutes. */
  readonly responseMs: number;
  /** An accepted association on which nothing happens. Modalities keep them open between images. */
  readonly idleMs: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connectMs: 10_000,
  associationMs: 30_000,
  artimMs: 30_000,
  stallMs: 60_000,
  responseMs: 300_000,
  idleMs: 600_000,
};

/** What an association waits for at the moment, and for how long it may. */
export interface Wait {
  readonly what: string;
  readonly ms: number;
}

/**
 * Looks from time to time whether the present wait has been too long without a sign of life. One coarse timer, so
 * that a sign of life costs no more than reading the clock.
 */
export class Watchdog {
  readonly #timer: NodeJS.Timeout;
  #lastSign = performance.now();

  constructor(timeouts: Timeouts, wait: () => Wait | undefined, expired: (wait: Wait) => void) {
    const shortest = Math.min(...Object.values(timeouts as unknown as Record<string, number>));
    const period = Math.min(1000, Math.max(10, shortest / 4));
    this.#timer = setInterval(() => {
      const now = wait();
      if (now !== undefined && performance.now() - this.#lastSign > now.ms) expired(now);
    }, period);
    this.#timer.unref();
  }

  sign(): void {
    this.#lastSign = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
