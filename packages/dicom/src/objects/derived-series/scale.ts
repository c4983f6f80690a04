/** How stored values become numbers: value = slope · stored + intercept (PS3.3 C.11.1.1.2). */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

/** Range of stored values. */
export interface StoredRange {
  readonly low: number;
  readonly high: number;
}

export function storedRange(bitsStored: number, signed: boolean): StoredRange {
  return signed
    ? { low: -(2 ** (bitsStored - 1)), high: 2 ** (bitsStored - 1) - 1 }
    : { low: 0, high: 2 ** bitsStored - 1 };
}

export interface Extent {
  readonly min: number;
  readonly max: number;
}

/** Smallest and largest finite value of a part of an array; zero for an empty part. */
export function extentOf(values: ArrayLike<number>, start: number, end: number): Extent {
  let min = Infinity;
  let max = -Infinity;
  for (let at = start; at < end; at++) {
    const value = values[at]!;
    if (value < min && value > -Infinity) min = value;
    if (value > max && value < Infinity) max = value;
  }
  return min <= max ? { min, max } : { min: 0, max: 0 };
}

/** True when every value of the extent has a stored value. */
export function fits(
  { min, max }: Extent,
  { slope, intercept }: Rescale,
  { low, high }: StoredRange,
): boolean {
  const a = Math.round((min - intercept) / slope);
  const b = Math.round((max - intercept) / slope);
  return Math.min(a, b) >= low && Math.max(a, b) <= high;
}

/** Digits that a DS value of at most 16 characters can hold of any slope. */
const SLOPE_DIGITS = 9;

/**
 * A rescale that spreads the extent over the range. `intercept` is fixed where the IOD demands it (0 for PET,
 * PS3.3 C.8.9.4.1.2). The slope is rounded up to the digits that a decimal string holds, so that what is stored is
 * what was computed with.
 */
export function spread(extent: Extent, range: StoredRange, intercept?: number): Rescale {
  const offset = intercept ?? (extent.min < 0 && range.low === 0 ? extent.min : 0);
  const above = Math.max(0, extent.max - offset) / Math.max(1, range.high);
  const below = range.low < 0 ? Math.max(0, offset - extent.min) / -range.low : 0;
  const slope = Math.max(above, below);
  if (slope === 0) return { slope: 1, intercept: offset };
  const rounded = Number(slope.toPrecision(SLOPE_DIGITS));
  const unit = 10 ** (Math.floor(Math.log10(slope)) - SLOPE_DIGITS + 1);
  return {
    slope: Number((rounded < slope ? rounded + unit : rounded).toPrecision(SLOPE_DIGITS)),
    intercept: offset,
  };
}

/** Stored values of a part of an array; values outside the range are clipped, those that are no number become 0. */
export function toStored(
  values: ArrayLike<number>,
  start: number,
  end: number,
  { slope, intercept }: Rescale,
  { low, high }: StoredRange,
): Uint16Array | Int16Array {
  const stored = low < 0 ? new Int16Array(end - start) : new Uint16Array(end - start);
  for (let at = start; at < end; at++) {
    const value = Math.round((values[at]! - intercept) / slope);
    stored[at - start] = Number.isNaN(value)
      ? Math.min(high, Math.max(low, 0))
      : Math.min(high, Math.max(low, value));
  }
  return stored;
}
