import type { Loop } from './simplify.ts';

/** A rectangle of pixels of one slice, both ends included. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What counts as inside: one label, all that is not zero, or all values from a level on. */
export type Inside =
  | { readonly kind: 'label'; readonly label: number }
  | { readonly kind: 'mask' }
  | { readonly kind: 'level'; readonly level: number };

/** One slice of a volume; pixels outside of the window count as outside. */
export interface Slice {
  readonly data: ArrayLike<number>;
  /** Index of the slice's first pixel. */
  readonly start: number;
  readonly columns: number;
  readonly rows: number;
  readonly window: Window;
}

/** From an inside pixel to the neighbour outside: left, up, right, down. The walk goes on towards the next of them. */
const DX = [-1, 0, 1, 0] as const;
const DY = [0, -1, 0, 1] as const;
type Side = 0 | 1 | 2 | 3;

const OUTSIDE = 0;
const INSIDE = 1;
/** Inside, and the border at its left has been walked. */
const WALKED = 2;

/**
 * The contours of a slice by marching squares, x y in pixels, whole numbers at the centres. Of a mask or label the
 * corners lie midway between an inside and an outside pixel (the level one half); of values where linear interpolation
 * between the two gives the level. Inside lies to the right of the walk as the picture is seen (x to the right, y
 * down). Pixels that touch by a corner only are apart, so that no loop touches another or itself.
 *
 * The loops are found by walking along the border from each place where a row enters the inside and no walk has come
 * by yet: the work is one look at each pixel of the window and one step for each piece of border.
 */
export function traceSlice(slice: Slice, inside: Inside): Loop[] {
  const { left, top, right, bottom } = slice.window;
  const width = right - left + 1;
  const height = bottom - top + 1;
  const stride = width + 2;
  const pixels = windowOf(slice, inside, stride, height);
  const step = [-1, -stride, 1, stride] as const;
  const corners = new Corners();
  const place =
    inside.kind === 'level'
      ? (x: number, y: number, side: Side) =>
          corners.push(x, y, side, crossing(slice, x, y, side, inside.level))
      : (x: number, y: number, side: Side) => corners.push(x, y, side, 0.5);
  const corner = (pixel: number, side: Side) => {
    const y = Math.floor(pixel / stride);
    place(pixel - y * stride - 1 + left, y - 1 + top, side);
  };
  const loops: Loop[] = [];
  for (let y = 1; y <= height; y++) {
    const end = stride * y + width;
    for (let at = stride * y + 1; at <= end; at++) {
      if (pixels[at] !== INSIDE || pixels[at - 1] !== OUTSIDE) continue;
      const endsStraight = walk(pixels, step, at, inside.kind === 'level', corner);
      loops.push(corners.take(endsStraight));
    }
  }
  return loops;
}

/** The window with a frame of outside pixels, so that the walk never asks for its edge. */
function windowOf(
  { data, start, columns, window }: Slice,
  inside: Inside,
  stride: number,
  height: number,
): Uint8Array {
  const { left, top } = window;
  const width = stride - 2;
  const pixels = new Uint8Array(stride * (height + 2));
  for (let y = 0; y < height; y++) {
    let from = start + columns * (y + top) + left;
    const end = from + width;
    let to = stride * (y + 1) + 1;
    if (inside.kind === 'mask') {
      for (; from < end; from++, to++) if (data[from] !== 0) pixels[to] = INSIDE;
    } else if (inside.kind === 'label') {
      const { label } = inside;
      for (; from < end; from++, to++) if (data[from] === label) pixels[to] = INSIDE;
    } else {
      const { level } = inside;
      for (; from < end; from++, to++) if (data[from]! >= level) pixels[to] = INSIDE;
    }
  }
  return pixels;
}

/** How far from an inside pixel to its neighbour outside the level is crossed; half way at the edge of the slice. */
function crossing(
  { data, start, columns, rows }: Slice,
  x: number,
  y: number,
  side: Side,
  level: number,
): number {
  const ox = x + DX[side]!;
  const oy = y + DY[side]!;
  if (ox < 0 || oy < 0 || ox >= columns || oy >= rows) return 0.5;
  const here = data[start + columns * y + x]!;
  const there = data[start + columns * oy + ox]!;
  // A neighbour that only the window cuts off may be as high.
  return there < level ? (here - level) / (here - there) : 0.5;
}

/**
 * Walks the loop that has `first` on its right and the pixel left of it outside. Tells each corner of the contour; of
 * a straight line, unless `all` is asked for, its beginning only. True where the first corner lies within such a line.
 */
function walk(
  pixels: Uint8Array,
  step: readonly [number, number, number, number],
  first: number,
  all: boolean,
  corner: (pixel: number, side: Side) => void,
): boolean {
  let pixel = first;
  let side: Side = 0;
  let previous = -1;
  let beginning = -1;
  do {
    if (side === 0) pixels[pixel] = WALKED;
    const ahead = ((side + 1) & 3) as Side;
    const beside = pixel + step[ahead];
    let bend = STRAIGHT;
    let nextPixel = beside;
    let nextSide: Side = side;
    if (pixels[beside] === OUTSIDE) {
      bend = CONVEX;
      nextPixel = pixel;
      nextSide = ahead;
    } else if (pixels[beside + step[side]] !== OUTSIDE) {
      bend = CONCAVE;
      nextPixel = beside + step[side];
      nextSide = ((side + 3) & 3) as Side;
    }
    const direction = DIRECTION[ahead][bend]!;
    if (all || direction !== previous) corner(pixel, side);
    if (beginning < 0) beginning = direction;
    previous = direction;
    pixel = nextPixel;
    side = nextSide;
  } while (pixel !== first || side !== 0);
  return !all && previous === beginning;
}

const STRAIGHT = 0;
const CONVEX = 1;
const CONCAVE = 2;

/** Of the piece of contour from one border to the next: eighths of a turn from left, by the border ahead and the bend. */
const DIRECTION = [
  [0, 1, 7],
  [2, 3, 1],
  [4, 5, 3],
  [6, 7, 5],
] as const;

/** The corners of one loop while it is walked. */
class Corners {
  #xy = new Float64Array(512);
  #length = 0;

  /** A corner at a part of the way from a pixel to its neighbour. */
  push(x: number, y: number, side: Side, part: number): void {
    if (this.#length === this.#xy.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#xy);
      this.#xy = larger;
    }
    this.#xy[this.#length++] = x + DX[side] * part;
    this.#xy[this.#length++] = y + DY[side] * part;
  }

  take(withoutFirst: boolean): Loop {
    const loop = this.#xy.slice(withoutFirst ? 2 : 0, this.#length);
    this.#length = 0;
    return loop;
  }
}
