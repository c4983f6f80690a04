/** What the kernel of a filter along rows needs to know of it. */
export interface FilterResponse {
  /** Samples of the transform, a power of 2. */
  readonly length: number;
  /** Value at each frequency in bit-reversed order, 1/length included. */
  readonly response: Float32Array;
  /** cos and sin of 2πn/length for n < length / 2. */
  readonly turns: Float32Array;
}

/**
 * The transform of a symmetric filter given by its taps 0..length/2, times a window of the frequency as a share of the
 * highest (0..1). `length` is a power of 2.
 */
export function filterResponse(
  length: number,
  tap: (n: number) => number,
  window: (share: number) => number,
): FilterResponse {
  const half = length / 2;
  const turns = new Float32Array(length);
  const cosines = new Float64Array(length);
  for (let n = 0; n < length; n++) {
    const angle = (2 * Math.PI * n) / length;
    cosines[n] = Math.cos(angle);
    if (n < half) {
      turns[2 * n] = Math.cos(angle);
      turns[2 * n + 1] = Math.sin(angle);
    }
  }
  const taps = Float64Array.from({ length: half + 1 }, (_, n) => tap(n));
  const response = new Float32Array(length);
  const bits = Math.log2(length);
  for (let k = 0; k <= half; k++) {
    let sum = taps[0]! + (k % 2 === 0 ? taps[half]! : -taps[half]!);
    for (let n = 1; n < half; n++) sum += 2 * taps[n]! * cosines[(n * k) % length]!;
    const value = (sum * window(k / half)) / length;
    response[reversed(k, bits)] = value;
    response[reversed((length - k) % length, bits)] = value;
  }
  return { length, response, turns };
}

function reversed(value: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result |= ((value >> bit) & 1) << (bits - 1 - bit);
  return result;
}
