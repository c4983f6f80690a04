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

/**
 * Original, result and their difference (or the reference) side by side, on the plane where they differ most; of labels
 * the outlines filled in. As stored, without turning. Undefined where there is nothing to show.
 */
export async function pictureOf(
  original: Volume,
  result: ModelResult | undefined,
  reference: Volume | undefined,
  facts: Pick<ImageFacts, 'modality'>,
): Promise<{ readonly title: string; readonly png: Uint8Array } | undefined> {
  if (result === undefined || result.kind === 'scalar') return undefined;
  const window = windowOf(original, facts);
  const shown = result.kind === 'image' ? result.volume : result.labels;
  const isSame = sameGrid(shown, original);
  const plane = isSame ? busiestPlane(original, result, reference) : Math.floor(original.size[2] / 2);
  const grey = (volume: Volume, k: number) => panel(volume, k, (value) => level(value, window));
  const panels: [string, Picture][] = [['original', grey(original, plane)]];
  if (result.kind === 'labels') {
    panels.push(['labels', overlaid(original, result.labels, plane, window)]);
  } else {
    const k = isSame ? plane : Math.floor((plane * shown.size[2]) / original.size[2]);
    panels.push(['result', grey(result.volume, k)]);
    if (reference !== undefined)
      panels.push(['reference', grey(reference, Math.min(k, reference.size[2] - 1))]);
    if (isSame) panels.push(['difference', differencePanel(original, result.volume, plane, window)]);
  }
  const width = panels.reduce((sum, [, { width: one }]) => sum + one + GAP, -GAP);
  const height = Math.max(...panels.map(([, one]) => one.height)) + CAPTION;
  const whole = createPicture(width, height);
  let x = 0;
  for (const [title, one] of panels) {
    drawText(whole, title, x + 4, 4, INK);
    place(whole, one, x, CAPTION);
    x += one.width + GAP;
  }
  const title = `plane ${plane + 1} of ${original.size[2]}: ${panels.map(([name]) => name).join(', ')}`;
  return { title, png: encodePng(whole) };
}

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

function overlaid(original: Volume, labels: Volume, k: number, window: Window): Picture {
  const isSame = sameGrid(original, labels);
  return drawn(original, k, (at) => {
    const grey = level(original.data[at]!, window);
    const label = isSame ? labels.data[at]! : 0;
    if (label === 0) return [grey, grey, grey];
    const [red, green, blue] = PALETTE[(label - 1) % PALETTE.length]!;
    return [(grey + red) >> 1, (grey + green) >> 1, (grey + blue) >> 1];
  });
}

/** Grey is no difference; a quarter of the window is white or black. */
function differencePanel(original: Volume, result: Volume, k: number, [low, high]: Window): Picture {
  const reach = (high - low) / 4;
  return drawn(original, k, (at) => {
    const grey = level(result.data[at]! - original.data[at]!, [-reach, reach]);
    return [grey, grey, grey];
  });
}
