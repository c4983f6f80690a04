import { maximumIntensityProjection, toVoxel, type Vec3, type Volume } from '@photopeak/imaging';
import { invertedGrey } from './colour-maps.ts';
import { magnify } from './magnify.ts';
import { drawOutlines } from './outline.ts';
import { createPicture, drawText, type Picture, place, type Rgb, setPixel, textWidth } from './picture.ts';

/** Of the picture. The projection itself has the PET's own resolution and is magnified. */
const PIXEL_MM = 1.5;
const FINEST_PROJECTION_MM = 2;
const HEADER = 46;
const LINE = 20;
const GAP = 8;
const GROUND: Rgb = [11, 14, 19];
const WHITE: Rgb = [255, 255, 255];
const TEXT: Rgb = [230, 235, 240];
const PAPER_TEXT: Rgb = [70, 78, 90];
const LESION: Rgb = [226, 40, 40];
const PHYSIOLOGICAL: Rgb = [70, 140, 235];

export interface MipInput {
  readonly pet: Volume;
  /** Null where nothing was sought. */
  readonly lesions: Volume<Uint8Array> | null;
  readonly physiological: Volume<Uint8Array> | null;
  /** Short texts beside places in the patient (LPS mm). */
  readonly marks: readonly { readonly text: string; readonly position: Vec3 }[];
  /** Uptake that is shown black. */
  readonly petMaximum: number;
}

/** The letters at the left and the right edge of each view. */
const VIEWS = [
  { angleDegrees: 0, name: 'front', edges: ['R', 'L'] },
  { angleDegrees: 90, name: 'left side', edges: ['A', 'P'] },
] as const;

/** Maximum intensity projections from the front and from the left, with outlines of lesions and physiological uptake. */
export async function mipCapture(input: MipInput, caption: string): Promise<Picture> {
  const panels: Picture[] = [];
  for (const view of VIEWS) panels.push(await mipPanel(input, view));
  const legend = legendOf(input);
  const legendWidth = legend.reduce((sum, { text }) => sum + textWidth(text) + 2 * GAP, 0);
  const width = panels.reduce((sum, panel) => sum + panel.width, GAP * (panels.length - 1));
  const height = HEADER + Math.max(...panels.map((panel) => panel.height));
  const picture = createPicture(Math.max(width, textWidth(caption) + 12, legendWidth), height, GROUND);
  let x = 0;
  for (const panel of panels) {
    place(picture, panel, x, HEADER);
    x += panel.width + GAP;
  }
  drawText(picture, caption, 6, 5, TEXT);
  let start = 6;
  for (const { text, colour } of legend) {
    drawText(picture, text, start, 5 + LINE, colour);
    start += textWidth(text) + 2 * GAP;
  }
  return picture;
}

function legendOf({ lesions, physiological }: MipInput): { text: string; colour: Rgb }[] {
  if (lesions === null) return [{ text: 'lesions were not sought', colour: TEXT }];
  return [
    { text: 'findings', colour: [255, 96, 96] },
    ...(physiological === null ? [] : [{ text: 'physiological uptake', colour: [120, 175, 255] as Rgb }]),
  ];
}

async function mipPanel(input: MipInput, view: (typeof VIEWS)[number]): Promise<Picture> {
  const pixelMm = Math.max(FINEST_PROJECTION_MM, Math.min(...input.pet.spacingMm));
  const project = async (volume: Volume) =>
    magnify(await maximumIntensityProjection(volume, { angleDegrees: view.angleDegrees, pixelMm }), PIXEL_MM);
  const pet = await project(input.pet);
  const [width, height] = pet.size;
  const panel = createPicture(width, height, WHITE);
  for (let i = 0; i < width * height; i++) {
    panel.data.set(invertedGrey((pet.data[i] ?? 0) / input.petMaximum), i * 3);
  }
  for (const [mask, colour] of [
    [input.physiological, PHYSIOLOGICAL],
    [input.lesions, LESION],
  ] as const) {
    if (mask === null) continue;
    const projected = await project(mask);
    const inside = Uint8Array.from(projected.data, (value) => (value >= 0.5 ? 1 : 0));
    drawOutlines(panel, inside, () => colour);
  }
  for (const { text, position } of input.marks) {
    const [x, y] = toVoxel(pet, position);
    drawText(panel, text, ...beside(panel, text, x, y), LESION, 2, WHITE);
  }
  const [left, right] = view.edges;
  const letter = textWidth('X');
  drawText(panel, left, 4, 4, PAPER_TEXT, 2, WHITE);
  drawText(panel, right, width - letter - 2, 4, PAPER_TEXT, 2, WHITE);
  drawText(panel, view.name, Math.round((width - textWidth(view.name)) / 2), 4, PAPER_TEXT, 2, WHITE);
  for (let y = 0; y < height; y++) setPixel(panel, width - 1, y, [180, 180, 180]);
  return panel;
}

/** A mark stands right of its place, or left of it where the picture ends. */
function beside(panel: Picture, text: string, x: number, y: number): [number, number] {
  const away = 14;
  const fits = x + away + textWidth(text) <= panel.width;
  const left = fits ? x + away : x - away - textWidth(text);
  return [Math.round(left), Math.round(Math.max(0, Math.min(panel.height - 16, y - 7)))];
}
