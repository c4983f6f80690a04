import type { DisplacementField, Mat4, Vec3, Volume } from '@photopeak/imaging';
import { grey, hotMetal } from './colour-maps.ts';
import { drawOutlines } from './outline.ts';
import { createPicture, drawText, type Picture, place, type Rgb, setPixel, textWidth } from './picture.ts';
import { PLANES, type PlaneName, planeGrid, sampleOnPlane } from './planes.ts';

export interface FusedInput {
  /** Null where there is no CT: the PET is shown alone. */
  readonly ct: Volume | null;
  readonly pet: Volume;
  /** Labels on the PET's grid, 0 is background; null without. */
  readonly labels: Volume | null;
  /** Maps a point of the planes (LPS mm), by default in the frame of the CT, to the PET. */
  readonly ctToPet: Mat4;
  /** Displaces a point of the planes before that. */
  readonly field?: DisplacementField;
  /** Maps a point of the planes to the CT, where they lie in the frame of another study. */
  readonly planeToCt?: Mat4;
  /** Uptake that is shown fully hot. */
  readonly petMaximum: number;
}

const PIXELS = 384;
const PIXEL_MM = 1;
const HEADER = 40;
const GAP = 4;
/** Soft-tissue window of the CT, HU. */
const WINDOW: readonly [number, number] = [-160, 240];
/** Share of the PET's colour where it is hottest; it fades with uptake so that the CT stays visible. */
const FUSION_OPACITY = 0.65;
const LESION_COLOUR: Rgb = [0, 229, 255];
const TEXT: Rgb = [230, 235, 240];
const CROSS: Rgb = [120, 200, 120];

/** Axial, coronal and sagittal fused planes through `centre`, side by side under a line of text. */
export async function fusedPlanes(
  input: FusedInput,
  centre: Vec3,
  caption: readonly string[],
): Promise<Picture> {
  const names: readonly PlaneName[] = ['axial', 'coronal', 'sagittal'];
  const picture = createPicture(
    names.length * PIXELS + (names.length - 1) * GAP,
    HEADER + PIXELS,
    [11, 14, 19],
  );
  for (const [index, name] of names.entries()) {
    const panel = await fusedPlane(input, name, centre);
    place(picture, panel, index * (PIXELS + GAP), HEADER);
  }
  caption.forEach((line, index) => {
    drawText(picture, line, 6, 4 + index * 17, TEXT);
  });
  return picture;
}

async function fusedPlane(input: FusedInput, name: PlaneName, centre: Vec3): Promise<Picture> {
  const grid = planeGrid(name, centre, PIXELS, PIXEL_MM);
  const toPet = { transform: input.ctToPet, ...(input.field === undefined ? {} : { field: input.field }) };
  const ct =
    input.ct === null
      ? null
      : await sampleOnPlane(input.ct, grid, {
          outside: -1024,
          ...(input.planeToCt === undefined ? {} : { transform: input.planeToCt }),
        });
  const pet = await sampleOnPlane(input.pet, grid, { outside: 0, ...toPet });
  const panel = createPicture(PIXELS, PIXELS);
  for (let i = 0; i < PIXELS * PIXELS; i++) {
    const uptake = Math.max(0, Math.min(1, (pet[i] ?? 0) / input.petMaximum));
    const hot = hotMetal(uptake);
    const base = ct === null ? 0 : (grey(((ct[i] ?? -1024) - WINDOW[0]) / (WINDOW[1] - WINDOW[0]))[0] ?? 0);
    const share = ct === null ? 1 : FUSION_OPACITY * Math.sqrt(uptake);
    for (let channel = 0; channel < 3; channel++) {
      panel.data[i * 3 + channel] = Math.round(base * (1 - share) + (hot[channel] ?? 0) * share);
    }
  }
  if (input.labels !== null) {
    const labels = await sampleOnPlane(input.labels, grid, { outside: 0, isLabel: true, ...toPet });
    drawOutlines(panel, labels, () => LESION_COLOUR);
  }
  drawCross(panel);
  const [left, right, top, bottom] = PLANES[name].letters;
  const middle = PIXELS / 2;
  drawText(panel, left, 6, middle - 7, TEXT);
  drawText(panel, right, PIXELS - 6 - textWidth('X'), middle - 7, TEXT);
  drawText(panel, top, middle - 5, 6, TEXT);
  drawText(panel, bottom, middle - 5, PIXELS - 20, TEXT);
  drawText(panel, name, 6, 6, TEXT);
  return panel;
}

/** Short marks at the edges that point to the centre without covering it. */
function drawCross(panel: Picture): void {
  const middle = PIXELS / 2;
  for (let i = 26; i < 60; i++) {
    setPixel(panel, i, middle, CROSS);
    setPixel(panel, PIXELS - 1 - i, middle, CROSS);
    setPixel(panel, middle, i, CROSS);
    setPixel(panel, middle, PIXELS - 1 - i, CROSS);
  }
}
