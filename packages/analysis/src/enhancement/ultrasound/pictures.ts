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

/** A rectangle of a picture: x0 ≤ x < x1, y0 ≤ y < y1. */
export interface Rectangle {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Pictures narrower than this are not worked on. */
const LEAST_SIDE = 16;

/** What holds the mask of all pictures; undefined where that is next to nothing. */
export function tissueBox({ width, height, grey, mask }: GreyPictures): Rectangle | undefined {
  const whole = { x0: 0, y0: 0, x1: width, y1: height };
  let box = { x0: width, y0: height, x1: 0, y1: 0 };
  if (mask === undefined) box = whole;
  else {
    for (let n = 0; n < grey.length; n++) {
      if (mask[n] === 0) continue;
      const [x, y] = [n % width, Math.floor(n / width) % height];
      if (x < box.x0) box.x0 = x;
      if (x >= box.x1) box.x1 = x + 1;
      if (y < box.y0) box.y0 = y;
      if (y >= box.y1) box.y1 = y + 1;
    }
  }
  return box.x1 - box.x0 < LEAST_SIDE || box.y1 - box.y0 < LEAST_SIDE ? undefined : box;
}

function eachRow(
  { width, height, grey }: GreyPictures,
  { x0, y0, x1, y1 }: Rectangle,
  use: (from: number, to: number) => void,
): void {
  let at = 0;
  for (let base = 0; base < grey.length; base += width * height) {
    for (let y = y0; y < y1; y++) {
      use(base + y * width + x0, at);
      at += x1 - x0;
    }
  }
}

/** The same rectangle of each picture. */
export function cropPictures(pictures: GreyPictures, box: Rectangle): GreyPictures {
  const [width, height] = [box.x1 - box.x0, box.y1 - box.y0];
  if (width === pictures.width && height === pictures.height) return pictures;
  const part = (values: Uint8Array) => {
    const kept = new Uint8Array(width * height * pictureCount(pictures));
    eachRow(pictures, box, (from, to) => kept.set(values.subarray(from, from + width), to));
    return kept;
  };
  const { grey, mask } = pictures;
  return { width, height, grey: part(grey), ...(mask === undefined ? {} : { mask: part(mask) }) };
}

/** Puts what `cropPictures` took out back into its place. */
export function putPictures({ grey, width }: GreyPictures, box: Rectangle, into: GreyPictures): void {
  eachRow(into, box, (to, from) => into.grey.set(grey.subarray(from, from + width), to));
}
