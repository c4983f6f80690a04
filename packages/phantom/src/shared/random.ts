import { normalQuantile } from './exact-math.ts';

const TABLE_BITS = 13;
const TABLE_SIZE = 1 << TABLE_BITS;
let normalTable: Float32Array | undefined;

/** Standard normal values at the middle of 8192 equally likely classes, scaled to unit variance. */
function standardNormals(): Float32Array {
  if (normalTable !== undefined) return normalTable;
  const table = new Float32Array(TABLE_SIZE);
  let square = 0;
  for (let n = 0; n < TABLE_SIZE; n++) {
    const value = normalQuantile((n + 0.5) / TABLE_SIZE);
    table[n] = value;
    square += value * value;
  }
  const scale = 1 / Math.sqrt(square / TABLE_SIZE);
  for (let n = 0; n < TABLE_SIZE; n++) table[n] = table[n]! * scale;
  normalTable = table;
  return table;
}

/** 32-bit FNV-1a with a final avalanche. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) h = Math.imul(h ^ text.charCodeAt(n), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * A stream of random numbers (xoshiro128**, Blackman and Vigna) named by its key: the same key gives the same
 * stream on every machine, and streams with different keys are independent, so that what one part of a phantom
 * draws never shifts what another draws.
 */
export class Random {
  readonly #key: string;
  readonly #state = new Uint32Array(4);

  private constructor(key: string) {
    this.#key = key;
    for (let n = 0; n < 4; n++) this.#state[n] = hash(`${n}|${key}`);
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
    for (let n = 0; n < 8; n++) this.uint32();
  }

  static of(...parts: readonly (string | number)[]): Random {
    return new Random(parts.join('/'));
  }

  /** A stream of its own, independent of how much was drawn from this one. */
  fork(...parts: readonly (string | number)[]): Random {
    return new Random([this.#key, ...parts].join('/'));
  }

  uint32(): number {
    const s = this.#state;
    const x = Math.imul(s[1]!, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** In [0, 1). */
  uniform(): number {
    return this.uint32() / 4294967296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** `value` times a factor within ± `part`. */
  around(value: number, part: number): number {
    return value * this.between(1 - part, 1 + part);
  }

  /** Whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)]!;
  }

  /** Standard normal. */
  normal(): number {
    return standardNormals()[this.uint32() >>> (32 - TABLE_BITS)]!;
  }

  /** Fills `target` with independent standard normal values. */
  fillNormal(target: Float32Array): void {
    const table = standardNormals();
    for (let n = 0; n < target.length; n += 2) {
      const word = this.uint32();
      target[n] = table[word >>> (32 - TABLE_BITS)]!;
      if (n + 1 < target.length) target[n + 1] = table[(word >>> 3) & (TABLE_SIZE - 1)]!;
    }
  }
}
