import {
  closing,
  createVolume,
  dilate,
  fillHoles,
  largestComponent,
  type Mask,
  opening,
} from '@photopeak/imaging';
import type { Rectangle } from './pictures.ts';

/** Pictures of three samples (red, green, blue) or one (grey) a pixel, one behind the other. */
export interface ColourPictures {
  readonly width: number;
  readonly height: number;
  readonly samples: 1 | 3;
  readonly data: Uint8Array;
}

/** Channels of grey differ by no more than this after lossy compression and conversion. */
const GREY_SPREAD = 14;
/** Darker than this in every frame is no echo. */
const DARKEST_ECHO = 6;
/** Gaps of the sector that are closed, and drawings thinner than this that are opened away, pixels. */
const CLOSED_PX = 3;
const OPENED_PX = 8;
/** Drawn lines and letters: bright, beside something much darker. Echoes are blurred by the point spread. */
const DRAWN_GREY = 170;
const DRAWN_STEP = 110;
/** Tissue is not exactly the same over so many frames; what is bright and is, was drawn. */
const FRAMES_TO_STAND_STILL = 4;
/** A stroke has one grey along its way, after lossy compression nearly. */
const STROKE_SPREAD = 4;
/** Blended edges of colour and of drawings. */
const BESIDE_PX = 1.5;

/**
 * Grey of each picture (the mean of its channels) and where it shows tissue: within one of the rectangles (anywhere where
 * none is given), in the largest lit area, neither coloured nor drawn. Drawings that stand still over moving tissue are
 * seen at once; in a single picture by their sharp edges.
 */
export async function tissueOf(
  pictures: ColourPictures,
  rectangles: readonly Rectangle[],
): Promise<{ readonly grey: Uint8Array; readonly mask: Uint8Array }> {
  const { width, height, samples, data } = pictures;
  const area = width * height;
  const frames = data.length / (area * samples);
  const grey = samples === 1 ? Uint8Array.from(data) : new Uint8Array(area * frames);
  const excluded = new Uint8Array(area * frames);
  const lit = new Uint8Array(area);
  for (let n = 0; n < area * frames; n++) {
    if (samples === 3) {
      const [r, g, b] = [data[3 * n]!, data[3 * n + 1]!, data[3 * n + 2]!];
      grey[n] = Math.round((r + g + b) / 3);
      if (Math.max(r, g, b) - Math.min(r, g, b) > GREY_SPREAD) excluded[n] = 1;
    }
    if (grey[n]! > DARKEST_ECHO) lit[n % area] = 1;
  }
  markDrawn(grey, width, height, frames, excluded);
  const sector = await sectorOf(lit, width, height, rectangles);
  const mask = new Uint8Array(area * frames);
  for (let frame = 0; frame < frames; frame++) {
    const at = frame * area;
    const near = await dilate(picture(excluded.subarray(at, at + area), width, height), {
      radiusMm: BESIDE_PX,
    });
    for (let n = 0; n < area; n++) mask[at + n] = sector[n] !== 0 && near.data[n] === 0 ? 1 : 0;
  }
  return { grey, mask };
}

const picture = (data: Uint8Array, width: number, height: number): Mask =>
  createVolume(
    {
      size: [width, height, 1],
      spacingMm: [1, 1, 1],
      origin: [0, 0, 0],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    },
    data,
    '1',
  );

/** The largest lit area within the rectangles, without letters and scales beside it, with its dark places. */
async function sectorOf(
  lit: Uint8Array,
  width: number,
  height: number,
  rectangles: readonly Rectangle[],
): Promise<Uint8Array> {
  const allowed = new Uint8Array(width * height).fill(rectangles.length === 0 ? 1 : 0);
  for (const { x0, y0, x1, y1 } of rectangles) {
    for (let y = Math.max(0, y0); y < Math.min(height, y1); y++)
      allowed.fill(1, y * width + Math.max(0, x0), y * width + Math.min(width, x1));
  }
  const inside = picture(
    lit.map((value, n) => value & allowed[n]!),
    width,
    height,
  );
  const closed = await closing(inside, { radiusMm: CLOSED_PX });
  const opened = await opening(closed, { radiusMm: OPENED_PX });
  const largest = await largestComponent(opened, { connectivity: 6 });
  const filled = await fillHoles(largest);
  return filled.data.map((value, n) => (value !== 0 && allowed[n] !== 0 ? 1 : 0));
}

function markDrawn(
  grey: Uint8Array,
  width: number,
  height: number,
  frames: number,
  excluded: Uint8Array,
): void {
  const area = width * height;
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        const n = x + width * y + area * frame;
        const value = grey[n]!;
        if (value < DRAWN_GREY) continue;
        const least = Math.min(grey[n - 1]!, grey[n + 1]!, grey[n - width]!, grey[n + width]!);
        if (value - least >= DRAWN_STEP) excluded[n] = 1;
      }
    }
    followStrokes(grey, width, height, area * frame, excluded);
  }
  if (frames < FRAMES_TO_STAND_STILL) return;
  for (let n = 0; n < area; n++) {
    const first = grey[n]!;
    if (first < DRAWN_GREY) continue;
    let frame = 1;
    while (frame < frames && grey[n + area * frame] === first) frame++;
    if (frame < frames) continue;
    for (let k = 0; k < frames; k++) excluded[n + area * k] = 1;
  }
}

/** A stroke goes on where its grey does, also over tissue that is as bright: once downwards, once upwards. */
function followStrokes(
  grey: Uint8Array,
  width: number,
  height: number,
  base: number,
  excluded: Uint8Array,
): void {
  for (const direction of [1, -1]) {
    const behind = [-1, -width - 1, -width, -width + 1].map((step) => step * direction);
    for (let k = 1; k < height - 1; k++) {
      const row = base + width * (direction > 0 ? k : height - 1 - k);
      for (let i = 1; i < width - 1; i++) {
        const n = row + (direction > 0 ? i : width - 1 - i);
        const value = grey[n]!;
        if (value < DRAWN_GREY || excluded[n] !== 0) continue;
        const goesOn = behind.some(
          (step) =>
            excluded[n + step] !== 0 &&
            grey[n + step]! >= DRAWN_GREY &&
            Math.abs(grey[n + step]! - value) <= STROKE_SPREAD,
        );
        if (goesOn) excluded[n] = 1;
      }
    }
  }
}
