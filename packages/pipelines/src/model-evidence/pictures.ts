import { sameGrid, type Volume } from '@photopeak/imaging';
import type { ModelResult } from '@photopeak/models';
import { createPicture, drawText, encodePng, type Picture, place, setPixel } from '../captures/index.ts';
import type { ImageFacts } from '../enhancement/index.ts';

/** Soft tissue, HU. */
const CT_WINDOW = [-160, 240] as const;
const LARGEST_SIDE = 320;
const GAP = 6;
const CAPTION = 22;
const INK = [235, 235, 235] as const;
const PALETTE = [
  [230, 80, 70],
  [70, 160, 240],
  [90, 200, 110],
  [240, 190, 60],
  [180, 110, 220],
] as const;

/** What is shown of one case beside the original. */
export interface ShownResults {
  /** Version of the model, as the caption of its panel. */
  readonly version: string;
  readonly result: ModelResult | undefined;
  readonly against?: { readonly version: string; readonly result: ModelResult | undefined };
  /** Of labels by the values of the model. */
  readonly reference: Volume | undefined;
}

/**
 * Original, what the model and the version beside it made of it, the reference, and how the model differs from the
 * reference (without one: from the original), on the plane where they differ most; labels lie over the original. As
 * stored, without turning. Undefined where there is nothing to show.
 */
export async function pictureOf(
  original: Volume,
  { version, result, against, reference }: ShownResults,
  facts: Pick<ImageFacts, 'modality'>,
): Promise<{ readonly title: string; readonly png: Uint8Array } | undefined> {
  if (result === undefined || result.kind === 'scalar') return undefined;
  const window = windowOf(original, facts);
  const isSame = sameGrid(result.kind === 'image' ? result.volume : result.labels, original);
  const plane = isSame ? busiestPlane(original, result, reference) : Math.floor(original.size[2] / 2);
  const grey = (volume: Volume) => {
    const k = Math.min(Math.floor(((plane + 0.5) * volume.size[2]) / original.size[2]), volume.size[2] - 1);
    return panel(volume, k, (value) => level(value, window));
  };
  const over = (labels: Volume) => overlaid(original, labels, plane, window);
  const panels: [string, Picture][] = [['original', grey(original)]];
  for (const one of [{ version, result }, against]) {
    if (one?.result?.kind === 'image') panels.push([one.version, grey(one.result.volume)]);
    if (one?.result?.kind === 'labels') panels.push([one.version, over(one.result.labels)]);
  }
  if (reference !== undefined)
    panels.push(['reference', result.kind === 'labels' ? over(reference) : grey(reference)]);
  const scale = [`grey ${whole(window[0])} to ${whole(window[1])} ${unitOf(original)}`];
  if (result.kind === 'image' && isSame) {
    const isTold = reference !== undefined && sameGrid(reference, original);
    const reach = (window[1] - window[0]) / DIFFERENCE_REACH;
    const from = isTold ? reference : original;
    panels.push([
      `less ${isTold ? 'reference' : 'original'}`,
      differencePanel(from, result.volume, plane, reach),
    ]);
    scale.push(`difference ±${whole(reach)}`);
  }
  const width = panels.reduce((sum, [, { width: one }]) => sum + one + GAP, -GAP);
  const height = Math.max(...panels.map(([, one]) => one.height)) + CAPTION;
  const picture = createPicture(width, height);
  let x = 0;
  for (const [title, one] of panels) {
    drawText(picture, title, x + 4, 4, INK);
    place(picture, one, x, CAPTION);
    x += one.width + GAP;
  }
  const names = panels.map(([name]) => name).join(', ');
  const title = `plane ${plane + 1} of ${original.size[2]}: ${names}; ${scale.join(', ')}`;
  return { title, png: encodePng(picture) };
}

/** The window is so many times what is white or black in a picture of differences. */
const DIFFERENCE_REACH = 4;
const whole = (value: number) => String(Number(value.toPrecision(3))).replace('-', '−');
const unitOf = ({ unit }: Volume) => (unit === "[hnsf'U]" ? 'HU' : unit === '1' ? '' : unit).trim();

export type Window = readonly [number, number];

export function windowOf(volume: Volume, { modality }: Pick<ImageFacts, 'modality'>): Window {
  if (modality === 'CT' && volume.unit === "[hnsf'U]") return CT_WINDOW;
  const step = Math.max(1, Math.floor(volume.data.length / 100_000));
  const sample: number[] = [];
  for (let n = 0; n < volume.data.length; n += step) sample.push(volume.data[n]!);
  sample.sort((a, b) => a - b);
  const [low, high] = [0.01, 0.995].map((part) => sample[Math.floor(part * (sample.length - 1))]!) as [
    number,
    number,
  ];
  return [low, high > low ? high : low + 1];
}

const level = (value: number, [low, high]: Window) =>
  Math.max(0, Math.min(255, Math.round((255 * (value - low)) / (high - low))));

/** The plane with the largest difference (of labels: with the most of them). */
function busiestPlane(
  original: Volume,
  result: Exclude<ModelResult, { kind: 'scalar' }>,
  reference?: Volume,
): number {
  const [nx, ny, nz] = original.size;
  const other = reference !== undefined && sameGrid(reference, original) ? reference : original;
  let [best, most] = [Math.floor(nz / 2), 0];
  for (let k = 0; k < nz; k++) {
    let sum = 0;
    for (let n = k * nx * ny; n < (k + 1) * nx * ny; n++) {
      if (result.kind === 'labels') sum += result.labels.data[n] === 0 ? 0 : 1;
      else sum += Math.abs(result.volume.data[n]! - other.data[n]!);
    }
    if (sum > most) [best, most] = [k, sum];
  }
  return best;
}

/**
 * One plane, its longer side `side` pixels at most, with 16 bits a pixel: the high byte in red, the low one in green; 0
 * and 65535 are the ends of the range. For programs that window by themselves.
 */
export const valuePanel = (volume: Volume, k: number, [low, high]: Window, side: number): Picture =>
  drawn(
    volume,
    k,
    (at) => {
      const part = (volume.data[at]! - low) / (high - low);
      const value = Math.round(65535 * Math.min(1, Math.max(0, part)));
      return [value >> 8, value & 0xff, 0];
    },
    side,
  );

function panel(volume: Volume, k: number, shade: (value: number) => number): Picture {
  const colour = (value: number) => {
    const grey = shade(value);
    return [grey, grey, grey] as const;
  };
  return drawn(volume, k, (at) => colour(volume.data[at]!));
}

/** Every n-th pixel where a plane is larger than a panel, each several times where it is smaller. */
function drawn(
  { size, spacingMm }: Volume,
  k: number,
  colour: (at: number) => readonly [number, number, number],
  side = LARGEST_SIDE,
): Picture {
  const [nx, ny] = size;
  const aspect = spacingMm[1] / spacingMm[0];
  const scale = Math.min(4, side / Math.max(nx, ny * aspect));
  const width = Math.max(1, Math.round(nx * scale));
  const height = Math.max(1, Math.round(ny * scale * aspect));
  const picture = createPicture(width, height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [i, j] = [Math.floor((x * nx) / width), Math.floor((y * ny) / height)];
      setPixel(picture, x, y, colour((k * ny + j) * nx + i));
    }
  return picture;
}

/** Edges of labels in their colours, what lies within them tinted, so that the image under them can be judged. */
function overlaid(original: Volume, labels: Volume, k: number, window: Window): Picture {
  const isSame = sameGrid(original, labels);
  const [nx, ny] = original.size;
  const { data } = labels;
  const isEdge = (at: number) => {
    const [i, j] = [at % nx, Math.floor(at / nx) % ny];
    return (
      i === 0 ||
      j === 0 ||
      i === nx - 1 ||
      j === ny - 1 ||
      [at - 1, at + 1, at - nx, at + nx].some((next) => data[next] !== data[at])
    );
  };
  return drawn(original, k, (at) => {
    const grey = level(original.data[at]!, window);
    const label = isSame ? data[at]! : 0;
    if (label === 0) return [grey, grey, grey];
    const [red, green, blue] = PALETTE[(label - 1) % PALETTE.length]!;
    const part = isEdge(at) ? 1 : TINT;
    const mixed = (colour: number) => Math.round(grey + part * (colour - grey));
    return [mixed(red), mixed(green), mixed(blue)];
  });
}

const TINT = 0.15;

/** Grey is no difference, black and white are `reach` or more. */
function differencePanel(from: Volume, result: Volume, k: number, reach: number): Picture {
  return drawn(from, k, (at) => {
    const grey = level(result.data[at]! - from.data[at]!, [-reach, reach]);
    return [grey, grey, grey];
  });
}
