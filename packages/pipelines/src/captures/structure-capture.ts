import { type Grid, toWorld, type Volume } from '@photopeak/imaging';
import { grey } from './colour-maps.ts';
import { createPicture, drawText, type Picture, type Rgb, setPixel, textWidth } from './picture.ts';
import { PLANES, planeGrid, sampleOnPlane } from './planes.ts';

/** A structure to be drawn on the slices that its contours lie on. */
export interface DrawnStructure {
  readonly name: string;
  readonly colour: Rgb;
  readonly contours: readonly { readonly slice: number; readonly points: Float64Array }[];
}

const PIXELS = 512;
const GROUND: Rgb = [11, 14, 19];
const TEXT: Rgb = [230, 235, 240];
/** Soft-tissue window, HU. */
const WINDOW: readonly [number, number] = [-160, 240];
const LINE = 17;
const MARGIN_MM = 20;

/** The square that holds all structures, in the plane of the slices: its middle and width in mm. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly widthMm: number;
}

export function viewOf(ct: Grid, structures: readonly DrawnStructure[]): View {
  const low: [number, number] = [Infinity, Infinity];
  const high: [number, number] = [-Infinity, -Infinity];
  for (const { contours } of structures)
    for (const { points } of contours)
      for (let n = 0; n < points.length; n += 3)
        for (const axis of [0, 1] as const) {
          low[axis] = Math.min(low[axis], points[n + axis]!);
          high[axis] = Math.max(high[axis], points[n + axis]!);
        }
  const [x, y] = toWorld(ct, [(ct.size[0] - 1) / 2, (ct.size[1] - 1) / 2, 0]);
  if (high[0] < low[0]) return { x, y, widthMm: ct.size[0] * ct.spacingMm[0] };
  return {
    x: (low[0] + high[0]) / 2,
    y: (low[1] + high[1]) / 2,
    widthMm: Math.max(high[0] - low[0], high[1] - low[1]) + 2 * MARGIN_MM,
  };
}

/** One slice of the CT with the contours that were written, as a reader of the structure set sees them. */
export async function structureSlice(
  ct: Volume,
  slice: number,
  structures: readonly DrawnStructure[],
  view: View,
  caption: string,
): Promise<Picture> {
  const [, , z] = toWorld(ct, [(ct.size[0] - 1) / 2, (ct.size[1] - 1) / 2, slice]);
  const grid = planeGrid('axial', [view.x, view.y, z], PIXELS, view.widthMm / PIXELS);
  const values = await sampleOnPlane(ct, grid, { outside: -1024 });
  const picture = createPicture(PIXELS, PIXELS, GROUND);
  for (let n = 0; n < PIXELS * PIXELS; n++) {
    const [level] = grey(((values[n] ?? -1024) - WINDOW[0]) / (WINDOW[1] - WINDOW[0]));
    picture.data.fill(level, 3 * n, 3 * n + 3);
  }
  const shown = structures.filter(({ contours }) => contours.some((contour) => contour.slice === slice));
  for (const { contours, colour } of shown) {
    for (const { points } of contours.filter((contour) => contour.slice === slice)) {
      outline(picture, points, grid, colour);
    }
  }
  const [left, right, top, bottom] = PLANES.axial.letters;
  const middle = PIXELS / 2;
  drawText(picture, left, 6, middle - 7, TEXT);
  drawText(picture, right, PIXELS - 6 - textWidth('X'), middle - 7, TEXT);
  drawText(picture, top, middle - 5, 24, TEXT);
  drawText(picture, bottom, middle - 5, PIXELS - 20, TEXT);
  drawText(picture, caption, 6, 5, TEXT);
  shown.forEach(({ name, colour }, index) => {
    drawText(picture, name, 6, 26 + index * LINE, colour);
  });
  return picture;
}

/** The slices that are worth a picture: evenly through all that has contours. */
export function slicesToShow(structures: readonly DrawnStructure[], atMost: number): number[] {
  const slices = [...new Set(structures.flatMap(({ contours }) => contours.map(({ slice }) => slice)))].sort(
    (a, b) => a - b,
  );
  if (slices.length <= atMost) return slices;
  return Array.from({ length: atMost }, (_, n) => slices[Math.floor(((n + 0.5) / atMost) * slices.length)]!);
}

/** The closed line through the points, in the picture of the grid. */
function outline(picture: Picture, points: Float64Array, grid: Grid, colour: Rgb): void {
  const [dx, dy] = [grid.spacingMm[0], grid.spacingMm[1]];
  const place = (n: number): readonly [number, number] => [
    (points[3 * n]! - grid.origin[0]) / dx,
    (points[3 * n + 1]! - grid.origin[1]) / dy,
  ];
  const count = points.length / 3;
  for (let n = 0; n < count; n++) {
    const [x1, y1] = place(n);
    const [x2, y2] = place((n + 1) % count);
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x2 - x1), Math.abs(y2 - y1))));
    for (let step = 0; step <= steps; step++) {
      const t = step / steps;
      setPixel(picture, Math.round(x1 + t * (x2 - x1)), Math.round(y1 + t * (y2 - y1)), colour);
    }
  }
}
