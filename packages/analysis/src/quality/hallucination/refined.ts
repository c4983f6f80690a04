import { emptyVolume, gridOf, type Vec3, type Volume } from '@photopeak/imaging';
import {
  relativeThickness,
  SliceModel,
  type SliceProfile,
} from '../../enhancement/super-resolution/index.ts';

export interface RefinedOptions {
  readonly profile: SliceProfile;
  /** Full width (at half maximum) of a slice, mm; default the distance of slices. */
  readonly sliceThicknessMm?: number;
  /** Standard deviation of the noise of the slices, above 0, in the unit of the image. */
  readonly noise: number;
  /** Only where the slices are above. */
  readonly above: number;
}

/** What finer planes show beside what the slices say. */
export interface RefinedCheck {
  /** The planes as thick slices show them, on the grid of the slices: what the data can be held against. */
  readonly seen: Volume<Float32Array>;
  /** Mean square of what `seen` differs from the slices by, over that of their noise (χ² over degrees of freedom). */
  readonly consistency: number;
  /**
   * Of the detail of the planes beside a straight line from slice to slice the part that no slice can tell (in the null
   * space of the slice model): its root mean square in the place where it is
   * greatest beside what slices there differ from their neighbours by: small where detail follows from the slices around it.
   */
  readonly nullSpace: number;
  /** Column, row and fine plane of the middle of that place. */
  readonly voxel: Vec3;
}

/** Edge of the places that are judged, mm. */
const PLACE_MM = 8;
const FEWEST_PIXELS = 16;
/** Slices that are as good as equal differ by this share of the noise. */
const LEAST_DIFFERENCE = 0.5;

/**
 * Finer planes against the slices that they were made of: what both have in common is compared, what only the planes
 * have is mapped. With A the slice model the part of a result y that the data do not determine is y − A⁺A·y (Bhadra et
 * al., IEEE Trans. Med. Imaging 2021). Undefined where the planes are no whole number to a slice, or other pixels.
 * Memory: the slices once more as 4-byte numbers.
 */
export function checkRefined(
  slices: Volume,
  planes: Volume,
  { profile, sliceThicknessMm, noise, above }: RefinedOptions,
): RefinedCheck | undefined {
  const [nx, ny, nz] = slices.size;
  const factor = planes.size[2] / nz;
  if (!isFinerGridOf(slices, planes, factor)) return undefined;
  const model = new SliceModel(nz, factor, profile, relativeThickness(slices, { sliceThicknessMm }));
  const seen = emptyVolume({ ...gridOf(slices) }, 'float32', slices.unit);
  const places = new Places(slices);
  const area = nx * ny;
  const [line, common] = [new Float32Array(nz), new Float32Array(nz)];
  const [detail, told] = [new Float32Array(nz * factor), new Float32Array(nz * factor)];
  const scratch = new Float64Array(nz);
  let [squares, count] = [0, 0];
  for (let at = 0; at < area; at++) {
    model.degrade(planes.data, at, area, line);
    // Beside the straight line from slice to slice: the nearest to nothing that gives level slices is not level itself.
    for (let n = 0; n < detail.length; n++)
      detail[n] = planes.data[at + area * n]! - between(line, (n + 0.5) / factor - 0.5);
    model.degrade(detail, 0, 1, common);
    told.fill(0);
    model.makeConsistent(told, 0, 1, common, 0, 1, scratch);
    for (let k = 0; k < nz; k++) {
      const here = at + area * k;
      seen.data[here] = line[k]!;
      const value = slices.data[here]!;
      if (!(value > above)) continue;
      squares += (line[k]! - value) ** 2;
      count++;
      let hidden = 0;
      for (let n = k * factor; n < (k + 1) * factor; n++) hidden += (detail[n]! - told[n]!) ** 2;
      const below = slices.data[k > 0 ? here - area : here]!;
      const beyond = slices.data[k < nz - 1 ? here + area : here]!;
      places.add(
        at % nx,
        Math.floor(at / nx),
        k,
        hidden / factor,
        (value - below) ** 2 + (beyond - value) ** 2,
      );
    }
  }
  const worst = places.worst((LEAST_DIFFERENCE * noise) ** 2);
  return {
    seen,
    consistency: squares / Math.max(1, count) / (noise * noise),
    nullSpace: worst.ratio,
    voxel: [worst.voxel[0], worst.voxel[1], worst.voxel[2] * factor + (factor >> 1)],
  };
}

/** Linear between slices, constant beyond the outermost. */
function between(line: Float32Array, at: number): number {
  const held = Math.min(line.length - 1, Math.max(0, at));
  const low = Math.min(line.length - 2, Math.floor(held));
  return low < 0 ? line[0]! : line[low]! + (held - low) * (line[low + 1]! - line[low]!);
}

function isFinerGridOf(slices: Volume, planes: Volume, factor: number): boolean {
  if (!Number.isInteger(factor) || factor < 2) return false;
  const close = (a: number, b: number) => Math.abs(a - b) <= 1e-3 * Math.abs(b);
  return (
    planes.size[0] === slices.size[0] &&
    planes.size[1] === slices.size[1] &&
    close(planes.spacingMm[0], slices.spacingMm[0]) &&
    close(planes.spacingMm[1], slices.spacingMm[1]) &&
    close(planes.spacingMm[2] * factor, slices.spacingMm[2])
  );
}

/** Sums over squares of each slice. */
class Places {
  readonly #edge: readonly [number, number];
  readonly #size: Vec3;
  readonly #hidden: Float64Array;
  readonly #differences: Float64Array;
  readonly #counts: Int32Array;

  constructor({ size, spacingMm }: Volume) {
    this.#edge = [0, 1].map((axis) => Math.max(4, Math.round(PLACE_MM / spacingMm[axis]!))) as unknown as [
      number,
      number,
    ];
    this.#size = [Math.ceil(size[0] / this.#edge[0]), Math.ceil(size[1] / this.#edge[1]), size[2]];
    const count = this.#size[0] * this.#size[1] * this.#size[2];
    this.#hidden = new Float64Array(count);
    this.#differences = new Float64Array(count);
    this.#counts = new Int32Array(count);
  }

  add(i: number, j: number, k: number, hidden: number, differences: number): void {
    const [bx, by] = this.#size;
    const place = Math.floor(i / this.#edge[0]) + bx * (Math.floor(j / this.#edge[1]) + by * k);
    this.#hidden[place]! += hidden;
    this.#differences[place]! += differences;
    this.#counts[place]!++;
  }

  worst(leastSquare: number): { readonly ratio: number; readonly voxel: Vec3 } {
    const [bx, by] = this.#size;
    let [most, at] = [0, 0];
    for (let place = 0; place < this.#counts.length; place++) {
      const count = this.#counts[place]!;
      if (count < FEWEST_PIXELS) continue;
      const square = this.#hidden[place]! / count / Math.max(this.#differences[place]! / count, leastSquare);
      if (square > most) [most, at] = [square, place];
    }
    const middle = (n: number, axis: 0 | 1) => n * this.#edge[axis] + (this.#edge[axis] >> 1);
    return {
      ratio: Math.sqrt(most),
      voxel: [middle(at % bx, 0), middle(Math.floor(at / bx) % by, 1), Math.floor(at / (bx * by))],
    };
  }
}
