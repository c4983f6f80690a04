import { emptyVolume, PhotopeakError, requireSameGrid, type Vec3, type Volume } from '@photopeak/imaging';
import { symmetricEigen } from '../../numbers/index.ts';

export interface MpPcaOptions {
  /** Half width of the window in voxels, along i, j, k. By default the smallest cube with more voxels than volumes. */
  readonly reach?: Vec3;
}

export interface MpPca {
  readonly volumes: readonly Volume<Float32Array>[];
  /** σ of the noise, voxel by voxel, in the unit of the images; for magnitudes the spread at their level of signal. */
  readonly noise: Volume<Float32Array>;
  /** How many components were kept, voxel by voxel. */
  readonly components: Volume<Uint8Array>;
}

const FEWEST_VOLUMES = 4;
/** Each window serves this many voxels each way in its middle. */
const STRIDE = 2;

/**
 * A series of volumes of the same anatomy (diffusion directions, echoes, dynamics) denoised by the principal components
 * of small windows: those whose variance follows the law of Marchenko and Pastur are noise and are left out (Veraart et
 * al. 2016, Magn Reson Med 76:1582, with the ratio of Cordero-Grande et al. 2019). No signal model, nothing to tune; it
 * tells σ as well. Four volumes are the least, twenty or more are of use. Rician bias stays: it is the same in every
 * volume of a component. Throws `ENHANCEMENT_SERIES`, `IMAGING_GRID_MISMATCH`.
 */
export function mpPca(series: readonly Volume[], options: MpPcaOptions = {}): MpPca {
  const first = series[0];
  if (first === undefined || series.length < FEWEST_VOLUMES || series.length > 255) {
    throw new PhotopeakError('principal components cannot tell noise in this series', {
      code: 'ENHANCEMENT_SERIES',
      expected: `${FEWEST_VOLUMES} to 255 volumes on one grid`,
      found: `${series.length}`,
      remedy: 'denoise the volumes one by one',
    });
  }
  for (const volume of series) requireSameGrid(first, volume, 'the series to denoise');
  const { size } = first;
  const reach = (options.reach ?? reachFor(series.length)).map((r, axis) =>
    Math.min(r, Math.floor((size[axis]! - 1) / 2)),
  ) as unknown as Vec3;
  const volumes = series.map(() => emptyVolume(first, 'float32', first.unit));
  const noise = emptyVolume(first, 'float32', first.unit);
  const components = emptyVolume(first, 'uint8', '1');
  const window = new Window(series, reach);
  for (let k = 0; k < size[2]; k += STRIDE)
    for (let j = 0; j < size[1]; j += STRIDE)
      for (let i = 0; i < size[0]; i += STRIDE) {
        const { kept, sigma } = window.at(i, j, k);
        for (let c = k; c < Math.min(k + STRIDE, size[2]); c++)
          for (let b = j; b < Math.min(j + STRIDE, size[1]); b++)
            for (let a = i; a < Math.min(i + STRIDE, size[0]); a++) {
              const at = a + size[0] * (b + size[1] * c);
              noise.data[at] = sigma;
              components.data[at] = kept;
              window.write(at, volumes);
            }
      }
  return { volumes, noise, components };
}

function reachFor(volumes: number): Vec3 {
  let reach = 1;
  while ((2 * reach + 1) ** 3 <= volumes) reach++;
  return [reach, reach, reach];
}

/** The principal components of one window after the other. */
class Window {
  readonly #series: readonly Volume[];
  readonly #size: Vec3;
  readonly #reach: Vec3;
  readonly #values: Float64Array;
  readonly #covariance: Float64Array;
  readonly #projector: Float64Array;
  readonly #line: Float64Array;

  constructor(series: readonly Volume[], reach: Vec3) {
    const n = series.length;
    this.#series = series;
    this.#size = series[0]!.size;
    this.#reach = reach;
    this.#values = new Float64Array(n * reach.reduce((product, r) => product * (2 * r + 1), 1));
    this.#covariance = new Float64Array(n * n);
    this.#projector = new Float64Array(n * n);
    this.#line = new Float64Array(n);
  }

  /** Looks at the window around the block that begins at (i, j, k), moved inwards at the edges. */
  at(i: number, j: number, k: number): { kept: number; sigma: number } {
    const n = this.#series.length;
    const m = this.#values.length / n;
    this.#gather([i, j, k]);
    const covariance = this.#covariance.fill(0);
    for (let voxel = 0; voxel < m; voxel++) {
      const base = voxel * n;
      for (let a = 0; a < n; a++) {
        const value = this.#values[base + a]!;
        for (let b = 0; b <= a; b++) covariance[a * n + b]! += value * this.#values[base + b]!;
      }
    }
    for (let a = 0; a < n; a++) for (let b = 0; b < a; b++) covariance[b * n + a] = covariance[a * n + b]!;
    const { values, vectors } = symmetricEigen(covariance, n);
    const { noisy, variance } = marchenkoPastur(values, m, n);
    const projector = this.#projector.fill(0);
    for (let component = noisy; component < n; component++)
      for (let a = 0; a < n; a++) {
        const share = vectors[a * n + component]!;
        for (let b = 0; b < n; b++) projector[a * n + b]! += share * vectors[b * n + component]!;
      }
    return { kept: n - noisy, sigma: Math.sqrt(variance) };
  }

  /** The voxel with only the components that are kept, into all volumes. */
  write(at: number, volumes: readonly Volume<Float32Array>[]): void {
    const n = volumes.length;
    this.#series.forEach((volume, a) => {
      this.#line[a] = volume.data[at]!;
    });
    for (let a = 0; a < n; a++) {
      let sum = 0;
      for (let b = 0; b < n; b++) sum += this.#projector[a * n + b]! * this.#line[b]!;
      volumes[a]!.data[at] = sum;
    }
  }

  #gather(block: Vec3): void {
    const [nx, ny] = this.#size;
    const n = this.#series.length;
    const start = block.map((first, axis) => {
      const wide = 2 * this.#reach[axis]! + 1;
      const wanted = first - this.#reach[axis]! + (this.#reach[axis]! > 0 ? STRIDE - 1 : 0);
      return Math.max(0, Math.min(this.#size[axis]! - wide, wanted));
    });
    this.#series.forEach(({ data }, volume) => {
      let to = volume;
      for (let k = 0; k <= 2 * this.#reach[2]; k++)
        for (let j = 0; j <= 2 * this.#reach[1]; j++) {
          const row = start[0]! + nx * (start[1]! + j + ny * (start[2]! + k));
          for (let i = 0; i <= 2 * this.#reach[0]; i++, to += n) this.#values[to] = data[row + i]!;
        }
    });
  }
}

/**
 * How many of the smallest eigenvalues of XᵀX (ascending, X of m × n) are noise, and its variance: as many as can be
 * with the width of their spectrum no larger than 4√γσ², γ = p/(m' − (n' − p)) with n' the smaller side.
 */
function marchenkoPastur(
  eigenvalues: Float64Array,
  m: number,
  n: number,
): { noisy: number; variance: number } {
  const small = Math.min(m, n);
  const large = Math.max(m, n);
  // Where there are fewer voxels than volumes the first n − m are zero.
  const offset = n - small;
  const value = (p: number) => Math.max(0, eigenvalues[offset + p]!) / large;
  let sum = 0;
  let noisy = 0;
  let variance = 0;
  for (let p = 0; p < small; p++) {
    sum += value(p);
    const ratio = (p + 1) / (large - (small - p - 1));
    const byMean = sum / (p + 1);
    const byWidth = (value(p) - value(0)) / (4 * Math.sqrt(ratio));
    if (byWidth < byMean) {
      noisy = p + 1;
      variance = byMean;
    }
  }
  return { noisy: offset + noisy, variance };
}
