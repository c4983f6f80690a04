/** Grey pictures of one size, 0 to 255, one behind the other; x fastest. */
export interface GreyPictures {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array;
  /** 1 where there is tissue to look at; everywhere when absent. One for each pixel of each picture. */
  readonly mask?: Uint8Array;
}

export const pictureCount = ({ width, height, grey }: GreyPictures): number => grey.length / (width * height);

/** Sums over rectangles of one picture by differences of running sums. */
export class RunningSums {
  readonly #sums: Float64Array;
  readonly #stride: number;

  constructor(width: number, height: number, value: (at: number) => number) {
    this.#stride = width + 1;
    this.#sums = new Float64Array((width + 1) * (height + 1));
    for (let y = 0; y < height; y++) {
      let row = 0;
      for (let x = 0; x < width; x++) {
        row += value(x + width * y);
        this.#sums[x + 1 + this.#stride * (y + 1)] = this.#sums[x + 1 + this.#stride * y]! + row;
      }
    }
  }

  /** Over x0 ≤ x < x1, y0 ≤ y < y1, which must lie in the picture. */
  over(x0: number, y0: number, x1: number, y1: number): number {
    const sums = this.#sums;
    const [low, high] = [this.#stride * y0, this.#stride * y1];
    return sums[x1 + high]! - sums[x0 + high]! - sums[x1 + low]! + sums[x0 + low]!;
  }
}
