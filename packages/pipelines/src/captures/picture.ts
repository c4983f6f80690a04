import { encode } from 'fast-png';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphColumns } from './font.ts';

export type Rgb = readonly [number, number, number];

/** An RGB picture, 8 bits a channel, row by row from the top left. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export function createPicture(width: number, height: number, colour: Rgb = [0, 0, 0]): Picture {
  const data = new Uint8Array(width * height * 3);
  const [red, green, blue] = colour;
  for (let i = 0; i < data.length; i += 3) {
    data[i] = red;
    data[i + 1] = green;
    data[i + 2] = blue;
  }
  return { width, height, data };
}

export function setPixel(picture: Picture, x: number, y: number, colour: Rgb): void {
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return;
  const at = (y * picture.width + x) * 3;
  picture.data[at] = colour[0];
  picture.data[at + 1] = colour[1];
  picture.data[at + 2] = colour[2];
}

/** Copies `part` so that its top left corner comes to (x, y). */
export function place(picture: Picture, part: Picture, x: number, y: number): void {
  for (let row = 0; row < part.height; row++) {
    const start = row * part.width * 3;
    picture.data.set(part.data.subarray(start, start + part.width * 3), ((y + row) * picture.width + x) * 3);
  }
}

/** Text in a fixed bitmap font with an edge of another colour, so that it reads on any image. */
export function drawText(
  picture: Picture,
  text: string,
  x: number,
  y: number,
  colour: Rgb,
  scale = 2,
  edge: Rgb = [0, 0, 0],
): void {
  for (const isEdge of [true, false]) {
    [...text].forEach((character, position) => {
      const columns = glyphColumns(character);
      for (let column = 0; column < GLYPH_WIDTH; column++) {
        for (let row = 0; row < GLYPH_HEIGHT; row++) {
          if ((((columns[column] ?? 0) >> row) & 1) === 0) continue;
          const left = x + (position * (GLYPH_WIDTH + 1) + column) * scale;
          const top = y + row * scale;
          const grow = isEdge ? 1 : 0;
          for (let dy = -grow; dy < scale + grow; dy++) {
            for (let dx = -grow; dx < scale + grow; dx++) {
              setPixel(picture, left + dx, top + dy, isEdge ? edge : colour);
            }
          }
        }
      }
    });
  }
}

export function textWidth(text: string, scale = 2): number {
  return text.length * (GLYPH_WIDTH + 1) * scale;
}

export function encodePng(picture: Picture): Uint8Array {
  return encode({ width: picture.width, height: picture.height, data: picture.data, channels: 3, depth: 8 });
}

/** Pictures one below the other. */
export function stack(pictures: readonly Picture[]): Picture {
  const width = Math.max(...pictures.map((picture) => picture.width));
  const height = pictures.reduce((sum, picture) => sum + picture.height, 0);
  const whole = createPicture(width, height);
  let y = 0;
  for (const picture of pictures) {
    place(whole, picture, 0, y);
    y += picture.height;
  }
  return whole;
}
