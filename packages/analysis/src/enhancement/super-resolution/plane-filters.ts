import type { SliceModel } from './slice-profile.ts';

/**
 * Filters that turn a neighbourhood of thick slices into the `factor` fine values of its middle, one set for each class
 * of neighbourhood: direction and steepness of the grey values (Romano et al., RAISR, IEEE Trans. Comput. Imaging 2017).
 */
export interface PlaneFilters {
  readonly factor: number;
  /** Gradients that part the classes of steepness. */
  readonly steps: readonly number[];
  /** By class: factor × TAPS weights, applied to differences from the mean of the neighbourhood. */
  readonly weights: readonly Float32Array[];
}

/** Half sizes of the neighbourhood: along the normal (slices) and across (pixels). */
const ALONG = 2;
const ACROSS = 2;
export const TAPS = (2 * ALONG + 1) * (2 * ACROSS + 1);
const ANGLES = 8;
/** Parts of all neighbourhoods that are flatter. */
const QUANTILES = [0.5, 0.75, 0.9];
const CLASSES = ANGLES * (QUANTILES.length + 1);
const MOST_SAMPLES_OF_CLASS = 6000;
const FEWEST_SAMPLES_OF_CLASS = 300;
const RIDGE = 3e-3;

/** A plane whose rows are slices. */
export interface Plane {
  readonly data: Float32Array;
  /** Pixels of a row. */
  readonly across: number;
  /** Rows. */
  readonly along: number;
}

const clamp = (v: number, last: number) => (v < 0 ? 0 : Math.min(v, last));

/** Differences from the mean of the neighbourhood of row k, pixel i; returns the mean. */
function neighbourhood({ data, across, along }: Plane, k: number, i: number, out: Float32Array): number {
  let n = 0;
  let sum = 0;
  for (let b = -ALONG; b <= ALONG; b++) {
    const row = clamp(k + b, along - 1) * across;
    for (let a = -ACROSS; a <= ACROSS; a++) {
      const value = data[row + clamp(i + a, across - 1)]!;
      out[n++] = value;
      sum += value;
    }
  }
  const mean = sum / TAPS;
  for (n = 0; n < TAPS; n++) out[n]! -= mean;
  return mean;
}

/** Gradient from the middle of a neighbourhood: its size along and across. */
const MIDDLE = (TAPS - 1) / 2;
const ROW = 2 * ACROSS + 1;
const gradientAlong = (v: Float32Array) => (v[MIDDLE + ROW]! - v[MIDDLE - ROW]!) / 2;
const gradientAcross = (v: Float32Array) => (v[MIDDLE + 1]! - v[MIDDLE - 1]!) / 2;

function classOf(v: Float32Array, steps: readonly number[]): number {
  const [a, b] = [gradientAlong(v), gradientAcross(v)];
  const size = Math.hypot(a, b);
  let step = 0;
  while (step < steps.length && size > steps[step]!) step++;
  // Directions without sign: 0 to π.
  const angle = Math.atan2(b, a);
  const turned = angle < 0 ? angle + Math.PI : angle;
  return step * ANGLES + (Math.floor((turned / Math.PI) * ANGLES + 0.5) % ANGLES);
}

/** Sums of products of one class. */
class Normal {
  readonly gram = new Float64Array(TAPS * TAPS);
  readonly right: Float64Array;
  count = 0;
  readonly #factor: number;

  constructor(factor: number) {
    this.#factor = factor;
    this.right = new Float64Array(TAPS * factor);
  }

  add(v: Float32Array, targets: Float32Array): void {
    this.count++;
    for (let i = 0; i < TAPS; i++) {
      const a = v[i]!;
      for (let j = i; j < TAPS; j++) this.gram[i * TAPS + j]! += a * v[j]!;
      for (let p = 0; p < this.#factor; p++) this.right[p * TAPS + i]! += a * targets[p]!;
    }
  }

  addAll({ gram, right, count }: Normal): void {
    for (let n = 0; n < gram.length; n++) this.gram[n]! += gram[n]!;
    for (let n = 0; n < right.length; n++) this.right[n]! += right[n]!;
    this.count += count;
  }

  solve(): Float32Array {
    const n = TAPS;
    const a = new Float64Array(n * n);
    let trace = 0;
    for (let i = 0; i < n; i++) trace += this.gram[i * n + i]!;
    // Cholesky of the Gram matrix with a ridge: differences from a mean are linearly dependent.
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = this.gram[j * n + i]! + (i === j ? (RIDGE * trace) / n + 1e-12 : 0);
        for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
        a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j * n + j]!;
      }
    }
    const weights = new Float32Array(n * this.#factor);
    const x = new Float64Array(n);
    for (let p = 0; p < this.#factor; p++) {
      for (let i = 0; i < n; i++) {
        let sum = this.right[p * n + i]!;
        for (let k = 0; k < i; k++) sum -= a[i * n + k]! * x[k]!;
        x[i] = sum / a[i * n + i]!;
      }
      for (let i = n - 1; i >= 0; i--) {
        let sum = x[i]!;
        for (let k = i + 1; k < n; k++) sum -= a[k * n + i]! * x[k]!;
        x[i] = sum / a[i * n + i]!;
      }
      weights.set(x, p * n);
    }
    return weights;
  }
}

/** A fine plane, rows along the direction that is to be refined, and how its slices would look. */
export interface TrainingPlane {
  readonly fine: Plane;
  readonly slices: Plane;
}

/** `fine` seen by a scanner with thick slices: rows are joined by the model. */
export function trainingPlane(fine: Plane, model: SliceModel): TrainingPlane {
  const { across } = fine;
  const data = new Float32Array(model.slices * across);
  const line = new Float32Array(model.slices);
  for (let i = 0; i < across; i++) {
    model.degrade(fine.data, i, across, line);
    for (let k = 0; k < model.slices; k++) data[i + across * k] = line[k]!;
  }
  return { fine, slices: { data, across, along: model.slices } };
}

/** Learns the filters from planes whose fine values are known, each seen from both ends. Deterministic. */
export function learnFilters(planes: readonly TrainingPlane[], factor: number): PlaneFilters {
  const v = new Float32Array(TAPS);
  const sizes: number[] = [];
  const positions = planes.reduce((sum, { slices }) => sum + slices.across * slices.along, 0);
  const coarse = Math.max(1, Math.floor(positions / 40000));
  visit(planes, coarse, (plane, k, i) => {
    neighbourhood(plane.slices, k, i, v);
    sizes.push(Math.hypot(gradientAlong(v), gradientAcross(v)));
  });
  sizes.sort((a, b) => a - b);
  const steps = QUANTILES.map((part) => sizes[Math.floor(part * sizes.length)] ?? 0);
  const normals = Array.from({ length: CLASSES }, () => new Normal(factor));
  const targets = new Float32Array(factor);
  const mirrored = new Float32Array(factor);
  const w = new Float32Array(TAPS);
  // Steep neighbourhoods are few and matter most: every position is looked at where there are not too many.
  visit(planes, Math.max(1, Math.floor(positions / 600_000)), (plane, k, i) => {
    const mean = neighbourhood(plane.slices, k, i, v);
    const normal = normals[classOf(v, steps)]!;
    if (normal.count >= MOST_SAMPLES_OF_CLASS) return;
    for (let p = 0; p < factor; p++) {
      targets[p] = plane.fine.data[i + plane.fine.across * (k * factor + p)]! - mean;
      mirrored[factor - 1 - p] = targets[p]!;
    }
    normal.add(v, targets);
    // Seen from the other end it is a neighbourhood of the mirrored direction.
    for (let b = 0; b < 2 * ALONG + 1; b++)
      for (let a = 0; a < ROW; a++) w[b * ROW + a] = v[(2 * ALONG - b) * ROW + a]!;
    normals[classOf(w, steps)]!.add(w, mirrored);
  });
  const all = new Normal(factor);
  for (const normal of normals) all.addAll(normal);
  const fallback = all.solve();
  const weights = normals.map((normal) =>
    normal.count < FEWEST_SAMPLES_OF_CLASS ? fallback : normal.solve(),
  );
  return { factor, steps, weights };
}

/** Every `step`-th position, in an order that does not follow rows, so that full classes are filled from everywhere. */
function visit(
  planes: readonly TrainingPlane[],
  step: number,
  use: (plane: TrainingPlane, k: number, i: number) => void,
): void {
  const most = Math.max(0, ...planes.map(({ slices }) => slices.across * slices.along));
  // A stride without common factor with the width goes everywhere.
  const stride = 7919;
  for (let n = 0; n < most; n += step) {
    for (const plane of planes) {
      const { across, along } = plane.slices;
      if (n >= across * along) continue;
      const at = (n * stride) % (across * along);
      use(plane, Math.floor(at / across), at % across);
    }
  }
}

/** Adds `part` times the fine rows of a plane of slices to `out` (rows of `across` pixels, factor times as many). */
export function applyFilters(plane: Plane, filters: PlaneFilters, part: number, out: Float32Array): void {
  const { factor, steps, weights } = filters;
  const v = new Float32Array(TAPS);
  for (let k = 0; k < plane.along; k++) {
    for (let i = 0; i < plane.across; i++) {
      const mean = neighbourhood(plane, k, i, v);
      const filter = weights[classOf(v, steps)]!;
      for (let p = 0; p < factor; p++) {
        let sum = 0;
        const at = p * TAPS;
        for (let n = 0; n < TAPS; n++) sum += filter[at + n]! * v[n]!;
        out[i + plane.across * (k * factor + p)]! += part * (mean + sum);
      }
    }
  }
}
