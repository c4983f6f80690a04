import type { Resident } from '../pool/resident.ts';

/** Elements of one partial sum: sums are added in this order for any number of threads. */
const PIECE = 1 << 16;

/** Arithmetic on arrays of floats in the memory of the kernels. */
export class Algebra {
  readonly #memory: Resident;

  constructor(memory: Resident) {
    this.#memory = memory;
  }

  /** out = a·x + b·y for `count` elements; `out` may be x or y. */
  async combine(out: number, a: number, x: number, b: number, y: number, count: number): Promise<void> {
    await this.#memory.call('combine', pieces(count), count, (from, to) => [
      ...[out, a, x, b, y, from * PIECE, Math.min(count, to * PIECE)],
    ]);
  }

  /** Σ x·y. */
  async dot(x: number, y: number, count: number): Promise<number> {
    const parts = pieces(count);
    const sums = this.#memory.take('float64', parts);
    await this.#memory.call('products', parts, count, (from, to) => [x, y, count, PIECE, from, to, sums]);
    const total = this.#memory.view('float64', sums, parts).reduce((sum, part) => sum + part, 0);
    this.#memory.give(sums);
    return total;
  }

  /** x = x/z where z exceeds `least`, else 0. */
  async divide(x: number, z: number, least: number, count: number): Promise<void> {
    await this.#memory.call('divide', pieces(count), count, (from, to) => [
      ...[x, z, least, from * PIECE, Math.min(count, to * PIECE)],
    ]);
  }

  /** x += a·y/z where z exceeds `least`, then not below `floor`. */
  async dividedStep(
    x: number,
    a: number,
    y: number,
    z: number,
    least: number,
    floor: number,
    count: number,
  ): Promise<void> {
    await this.#memory.call('divided_step', pieces(count), count, (from, to) => [
      ...[x, a, y, z, least, floor, from * PIECE, Math.min(count, to * PIECE)],
    ]);
  }

  /**
   * Gradient of the total variation Σ √(|∇f|² + least) of a volume (z fastest, then x, then y), written to `out`;
   * `lengths` is working memory of the same size. Returns the variation and the norm of the gradient.
   */
  async variationGradient(
    volume: number,
    [nx, ny, nz]: readonly [number, number, number],
    least: number,
    lengths: number,
    out: number,
  ): Promise<{ readonly variation: number; readonly norm: number }> {
    const sums = this.#memory.take('float64', ny);
    const total = () => this.#memory.view('float64', sums, ny).reduce((sum, part) => sum + part, 0);
    await this.#memory.call('variation_lengths', ny, nx * ny * nz, (from, to) => [
      ...[volume, nx, ny, nz, least, from, to, lengths, sums],
    ]);
    const variation = total();
    await this.#memory.call('variation_gradient', ny, nx * ny * nz, (from, to) => [
      ...[volume, lengths, nx, ny, nz, from, to, out, sums],
    ]);
    const norm = Math.sqrt(total());
    this.#memory.give(sums);
    return { variation, norm };
  }
}

function pieces(count: number): number {
  return Math.ceil(count / PIECE);
}
