import type { Dataset, DecodedFrame } from '@photopeak/dicom';
import { encodeJpegPicture } from '@photopeak/dicom';
import type { PixelSource } from '../pixel-source.ts';
import { LARGEST_SIDE, type RenderParameters, type Viewport } from './parameters.ts';
import { encodePng } from './png.ts';
import { crop, type Plane, resize } from './resize.ts';
import { applyWindow, fullWindow, greyScaleOf } from './window.ts';

export type PictureType = 'image/jpeg' | 'image/png';

/** Beyond every value, and still a number to calculate with. */
const BEYOND = 1e30;

interface Picture {
  readonly bytes: Uint8Array;
  readonly columns: number;
  readonly rows: number;
  readonly samples: 1 | 3;
}

/** A frame (from 1) as a picture for the eye, PS3.18 §10.4.1.1.3. */
export async function renderFrame(
  source: PixelSource,
  frame: number,
  parameters: RenderParameters,
  type: PictureType,
): Promise<Uint8Array> {
  const decoded = await source.picture(frame);
  const picture =
    decoded.samples === 3
      ? colourPicture(decoded, source.dataset, parameters.viewport)
      : greyPicture(decoded, source.dataset, frame, parameters);
  const { bytes, columns, rows, samples } = picture;
  if (type === 'image/png') return encodePng(bytes, columns, rows, samples);
  return encodeJpegPicture(
    {
      data: bytes,
      rows,
      columns,
      samples,
      bitsAllocated: 8,
      bitsStored: 8,
      signed: false,
      photometric: samples === 3 ? 'RGB' : 'MONOCHROME2',
    },
    parameters.quality,
  );
}

function greyPicture(
  decoded: DecodedFrame,
  dataset: Dataset,
  frame: number,
  { viewport, window: asked }: RenderParameters,
): Picture {
  const scale = greyScaleOf(dataset, frame, asked);
  const { data, columns, rows } = decoded;
  const values = new Float32Array(columns * rows);
  for (let index = 0; index < values.length; index++) {
    values[index] = Number(data[index]) * scale.slope + scale.intercept;
  }
  const padding = scale.padding === undefined ? undefined : scale.padding * scale.slope + scale.intercept;
  const window = scale.window ?? fullWindow(values, padding);
  // Outside the image is black, whichever end of the scale that is.
  const outside = scale.inverted ? BEYOND : -BEYOND;
  const shown = fitted({ values, columns, rows }, dataset, viewport, outside);
  return { ...shown, bytes: applyWindow(shown.values, window, scale.inverted), samples: 1 };
}

function colourPicture(decoded: DecodedFrame, dataset: Dataset, viewport: Viewport | undefined): Picture {
  const { data, columns, rows } = decoded;
  const shift = data.BYTES_PER_ELEMENT > 1 ? 1 / 257 : 1;
  const planes = [0, 1, 2].map((sample) => {
    const values = new Float32Array(columns * rows);
    for (let index = 0; index < values.length; index++) {
      values[index] = Number(data[index * 3 + sample]) * shift;
    }
    return fitted({ values, columns, rows }, dataset, viewport, 0);
  });
  const [first] = planes;
  const bytes = new Uint8Array(first!.values.length * 3);
  for (const [sample, plane] of planes.entries()) {
    for (let index = 0; index < plane.values.length; index++) {
      bytes[index * 3 + sample] = Math.min(255, Math.max(0, Math.round(plane.values[index]!)));
    }
  }
  return { bytes, columns: first!.columns, rows: first!.rows, samples: 3 };
}

/** The region that is asked for, mirrored where its size is negative, as large as fits with its proportions. */
function fitted(plane: Plane, dataset: Dataset, viewport: Viewport | undefined, outside: number): Plane {
  const tall = pixelAspect(dataset);
  if (viewport === undefined) return proportioned(plane, tall, plane.columns, plane.rows * tall);
  const { source } = viewport;
  let region = plane;
  if (source !== undefined) {
    const columns = Math.min(Math.abs(source.columns), plane.columns);
    const rows = Math.min(Math.abs(source.rows), plane.rows);
    region = crop(plane, source.left, source.top, columns, rows, outside);
    if (source.columns < 0 || source.rows < 0) {
      region = mirrored(region, source.columns < 0, source.rows < 0);
    }
  }
  return proportioned(region, tall, viewport.columns, viewport.rows);
}

function proportioned(plane: Plane, tall: number, columns: number, rows: number): Plane {
  const height = plane.rows * tall;
  const scale = Math.min(
    columns / plane.columns,
    rows / height,
    LARGEST_SIDE / plane.columns,
    LARGEST_SIDE / height,
  );
  return resize(
    plane,
    Math.max(1, Math.round(plane.columns * scale)),
    Math.max(1, Math.round(height * scale)),
  );
}

const MOST_STRETCHED = 64;

/** Height of a pixel in its widths: spacing, or Pixel Aspect Ratio (0028,0034). */
function pixelAspect(dataset: Dataset): number {
  const measures = dataset.item('SharedFunctionalGroupsSequence')?.item('PixelMeasuresSequence');
  const spacing = [dataset, ...(measures === undefined ? [] : [measures])]
    .map((place) => place.numbers('PixelSpacing'))
    .find((numbers) => numbers.length === 2);
  const [down, across] = spacing ?? dataset.numbers('PixelAspectRatio');
  const ratio = (down ?? 1) / (across ?? 1);
  return Number.isFinite(ratio) && ratio > 1 / MOST_STRETCHED && ratio < MOST_STRETCHED ? ratio : 1;
}

function mirrored(plane: Plane, horizontally: boolean, vertically: boolean): Plane {
  const { columns, rows } = plane;
  const values = new Float32Array(plane.values.length);
  for (let y = 0; y < rows; y++) {
    const from = vertically ? rows - 1 - y : y;
    for (let x = 0; x < columns; x++) {
      values[y * columns + x] = plane.values[from * columns + (horizontally ? columns - 1 - x : x)]!;
    }
  }
  return { values, columns, rows };
}
