/** How a slice weighs what lies along its normal. */
export type SliceProfile = 'box' | 'gaussian';

/** Weights of neighbouring fine planes in a slice, from the plane `first` on. */
export interface SliceRow {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Part of the power of a slice's weights. Where slices overlap, less fits their noise (1e-4: up to 0.6 dB worse at a noise of
 * 2 %), and more is not needed: slices are met within half a per cent.
 */
const RIDGE = 3e-2;
/** Fine planes on either side of a slice's centre that may count, in slice distances. */
const REACH = 2;
/** Slices further apart share no plane. */
const BAND = 2 * REACH + 1;
const FWHM_PER_SIGMA = 2 * Math.sqrt(2 * Math.LN2);

/**
 * From fine planes to slices: `factor` fine planes lie in each slice distance, the middle of them at the centre of the
 * slice. A slice is the weighted mean of fine planes; at the ends the outermost plane goes on.
 */
export class SliceModel {
  readonly factor: number;
  readonly slices: number;
  /** The rows of A without the zeros before and after. */
  readonly rows: readonly SliceRow[];
  /** What is added to the diagonal of A·Aᵀ, slice by slice. */
  readonly ridges: Float64Array;
  /** Lower triangle of the Cholesky factor of A·Aᵀ, row by row. */
  readonly #root: Float64Array;

  /** @param thickness full width (at half maximum) of a slice in slice distances */
  constructor(slices: number, factor: number, profile: SliceProfile, thickness: number) {
    this.factor = factor;
    this.slices = slices;
    const weights = profileWeights(factor, REACH * factor, profile, thickness);
    const planes = slices * factor;
    this.rows = Array.from({ length: slices }, (_, slice) => rowOf(slice, factor, weights, planes));
    this.ridges = Float64Array.from(this.rows, (row) => RIDGE * overlap(row, row, () => true));
    this.#root = new Float64Array(slices * slices);
    this.factorise(this.#root, () => true);
  }

  get planes(): number {
    return this.slices * this.factor;
  }

  /** A as rows of weights: slices × planes. */
  matrix(): Float64Array[] {
    return Array.from({ length: this.slices }, (_, slice) => {
      const { first, weights } = this.rows[slice]!;
      const row = new Float64Array(this.planes);
      row.set(weights, first);
      return row;
    });
  }

  /** Cholesky factor of A·D·Aᵀ + ridge, D the planes that count: its lower triangle, slices × slices, row by row. */
  factorise(root: Float64Array, counts: (plane: number) => boolean): void {
    const n = this.slices;
    for (let i = 0; i < n; i++)
      for (let j = Math.max(0, i - BAND); j <= i; j++)
        root[i * n + j] = (i === j ? this.ridges[i]! : 0) + overlap(this.rows[i]!, this.rows[j]!, counts);
    factorise(root, n);
  }

  /** Slices of a line of fine planes: A·fine. */
  degrade(fine: ArrayLike<number>, at: number, stride: number, out: Float64Array | Float32Array): void {
    for (let slice = 0; slice < this.slices; slice++) {
      const { first, weights } = this.rows[slice]!;
      let sum = 0;
      for (let n = 0, from = at + first * stride; n < weights.length; n++, from += stride)
        sum += weights[n]! * fine[from]!;
      out[slice] = sum;
    }
  }

  /** Adds Aᵀ·parts to a line of planes. */
  spread(parts: Float64Array, fine: Float32Array | Float64Array, at: number, stride: number): void {
    for (let slice = 0; slice < this.slices; slice++) {
      const { first, weights } = this.rows[slice]!;
      const part = parts[slice]!;
      for (let n = 0, to = at + first * stride; n < weights.length; n++, to += stride)
        fine[to]! += weights[n]! * part;
    }
  }

  /** Solves (A·Aᵀ + ridge)·x = right in place; with a factor of `factorise` that system. */
  solve(right: Float64Array, root = this.#root): void {
    substitute(root, this.slices, right);
  }

  /**
   * The planes nearest to `fine` that give the slices `coarse` (least squares of the change): A·result = coarse, but for a
   * ridge. Both are lines along the normal with a stride; `fine` is changed.
   */
  makeConsistent(
    fine: Float32Array,
    fineAt: number,
    fineStride: number,
    coarse: ArrayLike<number>,
    coarseAt: number,
    coarseStride: number,
    scratch: Float64Array,
  ): void {
    this.degrade(fine, fineAt, fineStride, scratch);
    for (let slice = 0; slice < this.slices; slice++)
      scratch[slice] = coarse[coarseAt + slice * coarseStride]! - scratch[slice]!;
    this.solve(scratch);
    this.spread(scratch, fine, fineAt, fineStride);
  }
}

function profileWeights(
  factor: number,
  reach: number,
  profile: SliceProfile,
  thickness: number,
): Float64Array {
  const centre = (factor - 1) / 2;
  const width = thickness * factor;
  const weights = Float64Array.from({ length: 2 * reach + factor }, (_, n) => {
    const distance = n - reach - centre;
    if (profile === 'gaussian') return Math.exp(-0.5 * ((distance * FWHM_PER_SIGMA) / width) ** 2);
    // The part of the fine plane that lies within the box.
    return Math.max(0, Math.min(distance + 0.5, width / 2) - Math.max(distance - 0.5, -width / 2));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Planes beyond the ends are the outermost ones. */
function rowOf(slice: number, factor: number, profile: Float64Array, planes: number): SliceRow {
  const row = new Float64Array(planes);
  let [first, last] = [planes, 0];
  for (let n = 0; n < profile.length; n++) {
    const weight = profile[n]!;
    if (weight === 0) continue;
    const plane = Math.min(planes - 1, Math.max(0, (slice - REACH) * factor + n));
    row[plane]! += weight;
    first = Math.min(first, plane);
    last = Math.max(last, plane);
  }
  return { first, weights: row.slice(first, last + 1) };
}

/** Σ of the products of two rows over those planes that count. */
function overlap(a: SliceRow, b: SliceRow, counts: (plane: number) => boolean): number {
  const from = Math.max(a.first, b.first);
  const to = Math.min(a.first + a.weights.length, b.first + b.weights.length);
  let sum = 0;
  for (let plane = from; plane < to; plane++)
    if (counts(plane)) sum += a.weights[plane - a.first]! * b.weights[plane - b.first]!;
  return sum;
}

/** Cholesky factor of a banded matrix (its lower triangle, n × n row by row) in place. */
function factorise(root: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const start = Math.max(0, i - BAND);
    for (let j = start; j <= i; j++) {
      let sum = root[i * n + j]!;
      for (let k = start; k < j; k++) sum -= root[i * n + k]! * root[j * n + k]!;
      root[i * n + j] = i === j ? Math.sqrt(sum) : sum / root[j * n + j]!;
    }
  }
}

/** Solves with a factor of `factorise`, in place. */
function substitute(root: Float64Array, n: number, right: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = right[i]!;
    for (let k = Math.max(0, i - BAND); k < i; k++) sum -= root[i * n + k]! * right[k]!;
    right[i] = sum / root[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = right[i]!;
    for (let k = Math.min(n - 1, i + BAND); k > i; k--) sum -= root[k * n + i]! * right[k]!;
    right[i] = sum / root[i * n + i]!;
  }
}
