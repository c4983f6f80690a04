import type { Dataset } from '../../data/index.ts';
import { objectError } from '../common/index.ts';
import { forEachSetBit } from './bits.ts';

/** The pixels of all frames, addressed without unpacking them first. */
export interface FramePixels {
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
  /** Stored value of a pixel (row-major index) of a frame (from 0). */
  valueAt(frame: number, pixel: number): number;
  /** Visits the non-zero pixels of a frame in ascending order. */
  forEachNonZero(frame: number, visit: (pixel: number, value: number) => void): void;
}

interface Shape {
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
}

export function packedPixels(packed: Uint8Array, shape: Shape): FramePixels {
  const area = shape.rows * shape.columns;
  return {
    ...shape,
    valueAt: (frame, pixel) => {
      const bit = frame * area + pixel;
      return ((packed[Math.floor(bit / 8)] ?? 0) >> (bit % 8)) & 1;
    },
    forEachNonZero: (frame, visit) => forEachSetBit(packed, frame * area, area, (pixel) => visit(pixel, 1)),
  };
}

export function plainPixels(values: Uint8Array | Uint16Array, shape: Shape): FramePixels {
  const area = shape.rows * shape.columns;
  return {
    ...shape,
    valueAt: (frame, pixel) => values[frame * area + pixel] ?? 0,
    forEachNonZero: (frame, visit) => {
      const start = frame * area;
      for (let pixel = 0; pixel < area; pixel++) {
        const value = values[start + pixel]!;
        if (value !== 0) visit(pixel, value);
      }
    },
  };
}

/** Frames that were decoded one by one, bit-packed or plain. */
export function listedPixels(
  frames: readonly (Uint8Array | Uint16Array)[],
  shape: Shape,
  packed: boolean,
): FramePixels {
  const single = { ...shape, frames: 1 };
  const each = frames.map((frame) =>
    packed ? packedPixels(frame as Uint8Array, single) : plainPixels(frame, single),
  );
  return {
    ...shape,
    valueAt: (frame, pixel) => each[frame]?.valueAt(0, pixel) ?? 0,
    forEachNonZero: (frame, visit) => each[frame]?.forEachNonZero(0, visit),
  };
}

export function shapeOf(object: Dataset): Shape {
  const rows = object.number('Rows');
  const columns = object.number('Columns');
  if (rows === undefined || columns === undefined || rows < 1 || columns < 1) {
    throw objectError('OBJECT_INCOMPLETE', 'The segmentation has no size', { where: 'Rows, Columns' });
  }
  return { rows, columns, frames: Math.max(1, object.number('NumberOfFrames') ?? 1) };
}

/** Pixels of an uncompressed object. */
export function nativePixels(object: Dataset): FramePixels {
  const shape = shapeOf(object);
  const bytes = object.bytes('PixelData');
  const bits = object.number('BitsAllocated') ?? 1;
  const count = shape.frames * shape.rows * shape.columns;
  const needed = bits === 1 ? Math.ceil(count / 8) : (count * bits) / 8;
  if (bytes === undefined || bytes.length < needed) {
    throw objectError('OBJECT_INCOMPLETE', 'The pixel data is absent or too short', {
      where: 'PixelData (7FE0,0010)',
      expected: `${needed} bytes`,
      found: `${bytes?.length ?? 0} bytes`,
    });
  }
  if (bits === 1) return packedPixels(bytes, shape);
  if (bits === 8) return plainPixels(bytes, shape);
  if (bits === 16) {
    const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
    return plainPixels(new Uint16Array(aligned.buffer, aligned.byteOffset, count), shape);
  }
  throw objectError('OBJECT_KIND_UNEXPECTED', 'Segmentations have 1, 8 or 16 bits per pixel', {
    where: 'BitsAllocated (0028,0100)',
    found: `${bits}`,
  });
}
