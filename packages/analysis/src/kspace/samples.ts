/** Samples of k-space of several coils on a Cartesian grid; frequency 0 lies at index ⌊n/2⌋ of each axis. */
export interface CoilSamples {
  readonly width: number;
  readonly height: number;
  readonly coils: number;
  /** Real and imaginary part in turn; x fastest, then y, then the coil. What was not measured is 0. */
  readonly data: Float32Array;
}

/** 1 where any coil has a sample. */
export function samplingMask({ width, height, coils, data }: CoilSamples): Uint8Array {
  const area = width * height;
  const mask = new Uint8Array(area);
  for (let coil = 0; coil < coils; coil++) {
    for (let n = 0; n < area; n++) {
      const at = 2 * (n + area * coil);
      if (data[at] !== 0 || data[at + 1] !== 0) mask[n] = 1;
    }
  }
  return mask;
}

/** The largest block around frequency 0 that is sampled without gaps, as half widths; 0 where there is none. */
export function calibrationBlock(
  mask: Uint8Array,
  width: number,
  height: number,
): { readonly halfWidth: number; readonly halfHeight: number } {
  const [cx, cy] = [Math.floor(width / 2), Math.floor(height / 2)];
  const full = (a: number, b: number) => {
    for (let y = cy - b; y < cy + b; y++)
      for (let x = cx - a; x < cx + a; x++) if (!mask[x + width * y]) return false;
    return true;
  };
  let [a, b] = [0, 0];
  for (;;) {
    const wider = a + 1 <= cx && full(a + 1, Math.max(1, b));
    if (wider) a++;
    const higher = b + 1 <= cy && full(Math.max(1, a), b + 1);
    if (higher) b++;
    if (!wider && !higher) return { halfWidth: a, halfHeight: b };
  }
}
