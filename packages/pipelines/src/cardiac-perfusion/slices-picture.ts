import type { Volume } from '@photopeak/imaging';
import { hotMetal } from '../captures/colour-maps.ts';
import { magnify } from '../captures/magnify.ts';
import { createPicture, drawText, type Picture, type Rgb, setPixel } from '../captures/picture.ts';

export interface SlicesRow {
  readonly title: string;
  /** On voxels of the short axis: lateral, inferior, apex to base. */
  readonly volume: Volume<Float32Array>;
  /** What is fully bright. */
  readonly maximum: number;
  /** Slice of the centre of the ventricle, and how far apex and base are from it, in slices. */
  readonly centre: number;
  readonly apexSlices: number;
  readonly baseSlices: number;
  /** Radius of the wall in voxels. */
  readonly radius: number;
}

const TILES = 9;
const TILE = 104;
const PIXEL_MM = 1;
const LEFT = 12;
const HEAD = 24;
const INK: Rgb = [235, 238, 242];
const GROUND: Rgb = [10, 12, 16];

type Cut = 'short' | 'vertical' | 'horizontal';
const NAMES: Readonly<Record<Cut, string>> = {
  short: 'short axis, apex to base',
  vertical: 'vertical long axis, septal to lateral',
  horizontal: 'horizontal long axis, inferior to anterior',
};

/** A picture of a plane of the turned volume: `right` and `down` give its voxel. */
function plane(volume: Volume<Float32Array>, cut: Cut, at: number): Volume<Float32Array> {
  const [nx, ny, nz] = volume.size;
  const width = cut === 'vertical' ? nz : nx;
  const height = cut === 'horizontal' ? nz : ny;
  const data = new Float32Array(width * height);
  const index = Math.round(at);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      // Vertical: apex to the right; horizontal: apex up.
      const [i, j, k] =
        cut === 'short' ? [x, y, index] : cut === 'vertical' ? [index, y, nz - 1 - x] : [x, index, y];
      const isInside = i >= 0 && i < nx && j >= 0 && j < ny && k >= 0 && k < nz;
      data[x + width * y] = isInside ? volume.data[i + nx * (j + ny * k)]! : 0;
    }
  return { ...volume, size: [width, height, 1], data };
}

function positions(row: SlicesRow, cut: Cut): number[] {
  const { volume, centre, apexSlices, baseSlices, radius } = row;
  const middle = cut === 'vertical' ? (volume.size[0] - 1) / 2 : (volume.size[1] - 1) / 2;
  const [from, to] =
    cut === 'short'
      ? [centre - apexSlices, centre + baseSlices]
      : cut === 'vertical'
        ? [middle - radius, middle + radius]
        : [middle + radius, middle - radius];
  return Array.from({ length: TILES }, (_, n) => from + ((to - from) * (n + 0.5)) / TILES);
}

function drawTile(picture: Picture, row: SlicesRow, cut: Cut, at: number, left: number, top: number): void {
  const shown = magnify(plane(row.volume, cut, at), PIXEL_MM);
  const [width, height] = shown.size;
  for (let y = 0; y < TILE; y++)
    for (let x = 0; x < TILE; x++) {
      const i = x + Math.floor((width - TILE) / 2);
      const j = y + Math.floor((height - TILE) / 2);
      if (i < 0 || j < 0 || i >= width || j >= height) continue;
      setPixel(picture, left + x, top + y, hotMetal(shown.data[i + width * j]! / row.maximum));
    }
}

/** Short, vertical long and horizontal long axis of each state below each other, as hearts are usually read. */
export function slicesPicture(rows: readonly SlicesRow[], caption: string): Picture {
  const cuts: readonly Cut[] = ['short', 'vertical', 'horizontal'];
  const block = HEAD + rows.length * (TILE + 4);
  const picture = createPicture(2 * LEFT + TILES * (TILE + 4), cuts.length * block + 30, GROUND);
  cuts.forEach((cut, c) => {
    const top = c * block;
    drawText(picture, `${NAMES[cut]}: ${rows.map(({ title }) => title).join(', ')}`, LEFT, top + 6, INK, 2);
    rows.forEach((row, r) => {
      positions(row, cut).forEach((at, n) => {
        drawTile(picture, row, cut, at, LEFT + n * (TILE + 4), top + HEAD + r * (TILE + 4));
      });
    });
  });
  drawText(picture, caption, LEFT, cuts.length * block + 8, INK, 2);
  return picture;
}
