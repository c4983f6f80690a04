import { expect } from 'vitest';

/** `expect.poll` with the patience that a busy machine with a software renderer needs. */
export function eventually<T>(value: () => T | Promise<T>) {
  return expect.poll(value, { timeout: 45_000, interval: 100 });
}
