import { RINGS, SECTORS, SEGMENTS, segmentAt } from '@photopeak/analysis';
import { type ColourMap, grey, hotMetal } from '../captures/colour-maps.ts';
import { createPicture, drawText, type Picture, type Rgb, setPixel, textWidth } from '../captures/picture.ts';

export interface PolarColumn {
  readonly title: string;
  /** One value per pixel of the polar map. */
  readonly values: Float32Array;
  /** 1 where a line of abnormal uptake is drawn around; null for none. */
  readonly abnormal: Uint8Array | null;
  /** What is fully bright. */
  readonly maximum: number;
  /** Text of each segment in the upper disc. */
  readonly texts: readonly string[];
  /** 0 to 4 for each segment, in the lower disc. */
  readonly scores: readonly number[];
  readonly scoreTitle: string;
}

export interface PolarPictureInput {
  readonly columns: readonly PolarColumn[];
  readonly captions: readonly string[];
  /** Printed across the bottom where the limits are simulated. */
  readonly warning: string | null;
}

const RADIUS = 140;
const COLUMN = 2 * RADIUS + 60;
const TOP = 44;
const ROW = 2 * RADIUS + 44;
const LINE: Rgb = [225, 230, 236];
const INK: Rgb = [255, 255, 255];
const ALERT: Rgb = [255, 196, 64];
const OUTLINE: Rgb = [80, 255, 255];
const GROUND: Rgb = [10, 12, 16];
const LARGEST_SCORE = 4;

/** Share from the centre and angle of a pixel of a disc; undefined outside. Up is anterior, right is lateral. */
function placeIn(x: number, y: number): { readonly share: number; readonly angle: number } | undefined {
  const share = Math.hypot(x, y) / RADIUS;
  return share > 1 ? undefined : { share, angle: (Math.atan2(-y, x) + 2 * Math.PI) % (2 * Math.PI) };
}

/** Linear between the middles of the pixels of the map; the first ring meets itself across the apex. */
function valueIn(values: Float32Array, share: number, angle: number): number {
  const ring = share * RINGS - 0.5;
  const sector = (angle / (2 * Math.PI)) * SECTORS - 0.5;
  const low = Math.floor(ring);
  const left = Math.floor(sector);
  const at = (r: number, s: number) => {
    const across = r < 0 ? SECTORS / 2 : 0;
    return values[Math.min(RINGS - 1, Math.max(0, r)) * SECTORS + ((s + across + SECTORS) % SECTORS)]!;
  };
  const mix = (a: number, b: number, t: number) => a + (b - a) * t;
  const along = sector - left;
  return mix(
    mix(at(low, left), at(low, left + 1), along),
    mix(at(low + 1, left), at(low + 1, left + 1), along),
    ring - low,
  );
}

function drawDisc(
  picture: Picture,
  cx: number,
  cy: number,
  colour: (share: number, angle: number) => Rgb,
): void {
  for (let y = -RADIUS; y <= RADIUS; y++)
    for (let x = -RADIUS; x <= RADIUS; x++) {
      const place = placeIn(x, y);
      if (place !== undefined) setPixel(picture, cx + x, cy + y, colour(place.share, place.angle));
    }
}

/** Lines where the segment, or a mask, changes from one pixel of the picture to the next. */
function drawEdges(
  picture: Picture,
  cx: number,
  cy: number,
  kind: (share: number, angle: number) => number,
  colour: Rgb,
): void {
  const at = (x: number, y: number) => {
    const place = placeIn(x, y);
    return place === undefined ? -1 : kind(place.share, place.angle);
  };
  for (let y = -RADIUS; y <= RADIUS; y++)
    for (let x = -RADIUS; x <= RADIUS; x++) {
      const here = at(x, y);
      if (here !== -1 && (here !== at(x + 1, y) || here !== at(x, y + 1)))
        setPixel(picture, cx + x, cy + y, colour);
    }
}

/** Middle of a segment in a disc. */
function middleOf(number: number): readonly [number, number] {
  const { level, fromDegrees, toDegrees } = SEGMENTS[number - 1]!;
  const share = { apex: 0, apical: 0.375, mid: 0.625, basal: 0.875 }[level];
  const angle = (((fromDegrees + toDegrees) / 2) * Math.PI) / 180;
  return [Math.round(RADIUS * share * Math.cos(angle)), Math.round(-RADIUS * share * Math.sin(angle))];
}

function label(picture: Picture, text: string, x: number, y: number, colour: Rgb, scale: number): void {
  drawText(
    picture,
    text,
    Math.round(x - textWidth(text, scale) / 2),
    Math.round(y - 3.5 * scale),
    colour,
    scale,
  );
}

function drawColumn(picture: Picture, column: PolarColumn, left: number, map: ColourMap): void {
  const cx = left + COLUMN / 2;
  const top = TOP + RADIUS + 14;
  const below = top + ROW;
  label(picture, column.title, cx, TOP - 10, INK, 2);
  drawDisc(picture, cx, top, (share, angle) => map(valueIn(column.values, share, angle) / column.maximum));
  drawEdges(picture, cx, top, segmentAt, [96, 104, 116]);
  const { abnormal } = column;
  if (abnormal !== null) {
    const isSick = (share: number, angle: number) =>
      abnormal[
        Math.min(RINGS - 1, Math.floor(share * RINGS)) * SECTORS +
          Math.min(SECTORS - 1, Math.floor((angle / (2 * Math.PI)) * SECTORS))
      ]!;
    drawEdges(picture, cx, top, isSick, OUTLINE);
  }
  label(picture, column.scoreTitle, cx, below - RADIUS - 12, INK, 2);
  drawDisc(picture, cx, below, (share, angle) =>
    grey(0.62 * (1 - column.scores[segmentAt(share, angle) - 1]! / LARGEST_SCORE)),
  );
  drawEdges(picture, cx, below, segmentAt, LINE);
  for (const { number } of SEGMENTS) {
    const [x, y] = middleOf(number);
    label(picture, column.texts[number - 1]!, cx + x, top + y, INK, 1);
    const score = column.scores[number - 1]!;
    label(picture, String(score), cx + x, below + y, score > 0 ? ALERT : INK, 2);
  }
  for (const [text, x, y] of [
    ['ANT', 0, -RADIUS - 7],
    ['INF', 0, RADIUS + 8],
    ['SEP', -RADIUS - 14, 0],
    ['LAT', RADIUS + 14, 0],
  ] as const)
    label(picture, text, cx + x, top + y, LINE, 1);
}

/** Polar maps of uptake with the 17 segments, and below them the scores; the apex is in the middle. */
export function polarPicture({ columns, captions, warning }: PolarPictureInput): Picture {
  const lines = captions.length + (warning === null ? 0 : 1);
  const width = Math.max(2 * COLUMN, columns.length * COLUMN);
  const height = TOP + 2 * ROW + 30 + 22 * lines;
  const picture = createPicture(width, height, GROUND);
  columns.forEach((column, n) => {
    drawColumn(picture, column, n * COLUMN, hotMetal);
  });
  let y = TOP + 2 * ROW + 14;
  for (const caption of captions) {
    drawText(picture, caption, 16, y, LINE, captionScale(caption, width));
    y += 22;
  }
  if (warning !== null) drawText(picture, warning, 16, y, ALERT, captionScale(warning, width));
  return picture;
}

const captionScale = (text: string, width: number): number => (textWidth(text, 2) > width - 32 ? 1 : 2);
