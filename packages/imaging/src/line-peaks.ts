import { Resident } from './pool/resident.ts';

/** A piece of a line with one pixel in each of its 2·half + 1 rows; `shifts` are the columns of row n against row 0. */
export interface DigitalLine {
  readonly half: number;
  readonly shifts: Int32Array;
}

/** What is noise in planes: one value for each of across × down blocks of each. */
export interface PlaneNoise {
  readonly across: number;
  readonly down: number;
  readonly values: ArrayLike<number>;
}

/** Planes of one size, one behind the other, in which lines are looked for; x fastest. Memory: 13 bytes a pixel. */
export class LineSearch implements Disposable {
  readonly #memory = new Resident();
  readonly #size: readonly [number, number, number];
  readonly #values: number;
  readonly #mask: number;
  readonly #means: number;
  readonly #places: number;
  readonly #counts: number;

  constructor(size: readonly [number, number, number], values: Float32Array, mask: Uint8Array) {
    const count = size[0] * size[1] * size[2];
    this.#size = size;
    this.#values = this.#memory.put('float32', values);
    this.#mask = this.#memory.put('uint8', mask);
    this.#means = this.#memory.take('float32', count);
    this.#places = this.#memory.take('int32', count);
    this.#counts = this.#memory.take('int32', size[2]);
  }

  /** The mean along the line through each pixel, 0 where it leaves the plane; valid until the next call. */
  async means({ half, shifts }: DigitalLine): Promise<Float32Array> {
    const [width, height, depth] = this.#size;
    const count = width * height * depth;
    const at = this.#memory.put('int32', shifts);
    const scratch = 4 * width * height + 64;
    await this.#memory.call(
      'line_means',
      depth,
      count,
      (from, to) => [this.#values, width, height, half, at, from, to, this.#means],
      scratch,
    );
    this.#memory.give(at);
    return this.#memory.view('float32', this.#means, count);
  }

  /** Pixels within the mask at which the last means are above `least` times the noise, from the first plane on. */
  async peaks({ across, down, values }: PlaneNoise, least: number): Promise<number[]> {
    const [width, height, depth] = this.#size;
    const area = width * height;
    const noise = this.#memory.put('float32', values);
    await this.#memory.call(
      'line_peaks',
      depth,
      area * depth,
      (from, to) => [
        ...[this.#means, this.#mask, width, height, noise, across, down, least, from, to],
        ...[this.#places, this.#counts],
      ],
      4 * width + 64,
    );
    this.#memory.give(noise);
    const counts = this.#memory.view('int32', this.#counts, depth);
    const found: number[] = [];
    for (let k = 0; k < depth; k++) {
      const places = this.#memory.view('int32', this.#places + 4 * k * area, counts[k]!);
      for (const place of places) found.push(k * area + place);
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#memory.release();
  }
}
