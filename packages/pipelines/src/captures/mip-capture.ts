import { maximumIntensityProjection, type Volume } from '@photopeak/imaging';
import { invertedGrey } from './colour-maps.ts';
import { drawOutlines } from './outline.ts';
import { createPicture, drawText, type Picture, place, type Rgb, setPixel, textWidth } from './picture.ts';

const PIXEL_MM = 2;
const HEADER = 24;
const GAP = 8;
const BACKGROUND: Rgb = [255, 255, 255];
const TEXT: Rgb = [230, 235, 240];
const LESION: Rgb = [214, 30, 30];
const PHYSIOLOGICAL: Rgb = [30, 110, 214];

export interface MipInput {
  readonly pet: Volume;
  readonly lesions: Volume<Uint8Array>;
  readonly physiological: Volume<Uint8Array>;
  /** Uptake that is shown black. */
  readonly petMaximum: number;
}

/** Maximum intensity projections from the front and from the left, with outlines of lesions and physiological uptake. */
export async function mipCapture(input: MipInput, caption: string): Promise<Picture> {
  const panels: Picture[] = [];
  for (const angleDegrees of [0, 90]) panels.push(await mipPanel(input, angleDegrees));
  const width = panels.reduce((sum, panel) => sum + panel.width, GAP * (panels.length - 1));
  const height = HEADER + Math.max(...panels.map((panel) => panel.height));
  const picture = createPicture(Math.max(width, textWidth(caption) + 12), height, [11, 14, 19]);
  let x = 0;
  for (const panel of panels) {
    place(picture, panel, x, HEADER);
    x += panel.width + GAP;
  }
  drawText(picture, caption, 6, 5, TEXT);
  return picture;
}

async function mipPanel(input: MipInput, angleDegrees: number): Promise<Picture> {
  const options = { angleDegrees, pixelMm: PIXEL_MM };
  const pet = await maximumIntensityProjection(input.pet, options);
  const [width, height] = pet.size;
  const panel = createPicture(width, height, BACKGROUND);
  for (let i = 0; i < width * height; i++) {
    panel.data.set(invertedGrey((pet.data[i] ?? 0) / input.petMaximum), i * 3);
  }
  for (const [mask, colour] of [
    [input.physiological, PHYSIOLOGICAL],
    [input.lesions, LESION],
  ] as const) {
    const projected = await maximumIntensityProjection(mask, options);
    const inside = Uint8Array.from(projected.data, (value) => (value >= 0.5 ? 1 : 0));
    drawOutlines(panel, inside, () => colour);
  }
  for (let y = 0; y < height; y++) setPixel(panel, width - 1, y, [180, 180, 180]);
  return panel;
}
