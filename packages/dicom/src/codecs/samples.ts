import { swapped } from '../data/element.ts';
import { dicomError } from '../errors/index.ts';
import type { ImagePixel } from './image-pixel.ts';

export type SampleArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** A copy that starts at a multiple of the sample size, which typed arrays need; the view itself when it does. */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
}

/**
 * Stored values of little or big endian sample bytes: high bits outside Bits Stored, which may hold overlays or
 * garbage (PS3.5 section 8.1.1), are removed and the sign is extended. Without such bits the result is a view on
 * `bytes`.
 */
export function storedValues(bytes: Uint8Array, pixel: ImagePixel, bigEndian: boolean): SampleArray {
  const { bitsAllocated, signed, float } = pixel;
  if (bitsAllocated === 8) return trimmed(signed ? int8(bytes) : bytes, pixel);
  const size = bitsAllocated / 8;
  const source = aligned(bigEndian ? swapped(bytes, size) : bytes, size);
  const { buffer, byteOffset } = source;
  const length = Math.floor(source.byteLength / size);
  if (float) {
    return bitsAllocated === 64
      ? new Float64Array(buffer, byteOffset, length)
      : new Float32Array(buffer, byteOffset, length);
  }
  if (bitsAllocated === 16) {
    return trimmed(
      signed ? new Int16Array(buffer, byteOffset, length) : new Uint16Array(buffer, byteOffset, length),
      pixel,
    );
  }
  if (bitsAllocated === 32) {
    return trimmed(
      signed ? new Int32Array(buffer, byteOffset, length) : new Uint32Array(buffer, byteOffset, length),
      pixel,
    );
  }
  throw dicomError('DICOM_PIXEL_TYPE_UNSUPPORTED', 'Integers of 64 bits are not supported', {
    where: 'BitsAllocated',
    expected: '1, 8, 16 or 32',
    found: String(bitsAllocated),
  });
}

function int8(bytes: Uint8Array): Int8Array {
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function trimmed<T extends SampleArray>(values: T, pixel: ImagePixel): T {
  const { bitsAllocated, bitsStored, highBit, signed } = pixel;
  if (bitsStored === bitsAllocated) return values;
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  // Most files have clean high bits: a copy is made at the first value that has not.
  let out: T | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const stored = signed ? (value << left) >> right : (value << left) >>> right;
    if (stored !== value) {
      out ??= values.slice() as T;
      out[i] = stored;
    }
  }
  return out ?? values;
}

/** One bit per pixel, first pixel in the least significant bit, to one byte each (PS3.5 section 8.1.1). */
export function unpackBits(bytes: Uint8Array, firstBit: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const bit = firstBit + i;
    out[i] = (bytes[bit >>> 3]! >>> (bit & 7)) & 1;
  }
  return out;
}
