/** How a slice weighs what lies along its normal. */
export type SliceProfile = 'box' | 'gaussian';

/** Fine planes on either side of a slice's centre that may count, in slice distances. */
const REACH = 2;
const FWHM_PER_SIGMA = 2 * Math.sqrt(2 * Math.LN2);

/**
 * From fine planes to slices: `factor` fine planes lie in each slice distance, the middle of them at the centre of the
 * slice. A slice is the weighted mean of fine planes; at the ends the outermost plane goes on.
 */
export class SliceModel {
  readonly factor: number;
  readonly slices: number;
  /** Weights of fine planes −reach..reach around the first fine plane of a slice. */
  readonly #weights: Float64Array;
  readonly #reach: number;
  /** Lower triangle of the Cholesky factor of A·Aᵀ, row by row. */
  readonly #root: Float64Array;

  /** @param thickness full width (at half maximum) of a slice in slice distances */
  constructor(slices: number, factor: number, profile: SliceProfile, thickness: number) {
    this.factor = factor;
    this.slices = slices;
    this.#reach = REACH * factor;
    this.#weights = profileWeights(factor, this.#reach, profile, thickness);
    this.#root = this.#factorise();
  }

  get planes(): number {
    return this.slices * this.factor;
  }

  /** Calls `use` with each fine plane of a slice and its weight; planes beyond the ends are the outermost ones. */
  #each(slice: number, use: (plane: number, weight: number) => void): void {
    const last = this.planes - 1;
    for (let n = 0; n < this.#weights.length; n++) {
      const weight = this.#weights[n]!;
      if (weight === 0) continue;
      const plane = slice * this.factor + n - this.#reach;
      use(plane < 0 ? 0 : Math.min(plane, last), weight);
    }
  }

  /** A as rows of weights: slices × planes. */
  matrix(): Float64Array[] {
    return Array.from({ length: this.slices }, (_, slice) => {
      const row = new Float64Array(this.planes);
      this.#each(slice, (plane, weight) => {
        row[plane]! += weight;
      });
      return row;
    });
  }

  #factorise(): Float64Array {
    const rows = this.matrix();
    const n = this.slices;
    const root = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = Math.max(0, i - 2 * REACH - 1); j <= i; j++) {
        let sum = i === j ? RIDGE * rows[i]!.reduce((total, weight) => total + weight * weight, 0) : 0;
        const [a, b] = [rows[i]!, rows[j]!];
        for (let plane = 0; plane < a.length; plane++) sum += a[plane]! * b[plane]!;
        for (let k = 0; k < j; k++) sum -= root[i * n + k]! * root[j * n + k]!;
        root[i * n + j] = i === j ? Math.sqrt(sum) : sum / root[j * n + j]!;
      }
    }
    return root;
  }

  /**
   * The planes nearest to `fine` that give the slices `coarse` (least squares of the change): A·result = coarse, but for a
   * ridge of 1e-4. Both are lines along the normal with a stride; `fine` is changed.
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
    const n = this.slices;
    for (let slice = 0; slice < n; slice++) {
      let sum = 0;
      this.#each(slice, (plane, weight) => {
        sum += weight * fine[fineAt + plane * fineStride]!;
      });
      scratch[slice] = coarse[coarseAt + slice * coarseStride]! - sum;
    }
    const root = this.#root;
    const band = 2 * REACH + 1;
    for (let i = 0; i < n; i++) {
      let sum = scratch[i]!;
      for (let k = Math.max(0, i - band); k < i; k++) sum -= root[i * n + k]! * scratch[k]!;
      scratch[i] = sum / root[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = scratch[i]!;
      for (let k = Math.min(n - 1, i + band); k > i; k--) sum -= root[k * n + i]! * scratch[k]!;
      scratch[i] = sum / root[i * n + i]!;
    }
    for (let slice = 0; slice < n; slice++) {
      const missing = scratch[slice]!;
      this.#each(slice, (plane, weight) => {
        fine[fineAt + plane * fineStride]! += weight * missing;
      });
    }
  }

  /** Slices of a line of fine planes. */
  degrade(fine: ArrayLike<number>, fineAt: number, fineStride: number, out: Float32Array): void {
    for (let slice = 0; slice < this.slices; slice++) {
      let sum = 0;
      this.#each(slice, (plane, weight) => {
        sum += weight * fine[fineAt + plane * fineStride]!;
      });
      out[slice] = sum;
    }
  }
}

/** Keeps A·Aᵀ well conditioned where slices overlap; part of the power of a slice's weights. */
const RIDGE = 1e-4;

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
