import { dicomError } from '../errors/index.ts';
import type { ImagePixel } from './image-pixel.ts';

const HEADER_BYTES = 64;
const MAX_SEGMENTS = 15;
/** Two bytes repeat one of them 128 times at most. */
const MAX_EXPANSION = 64;

function invalid(message: string): Error {
  return dicomError('DICOM_PIXEL_DATA_INVALID', message, { where: '(7FE0,0010), RLE' });
}

/**
 * Decodes one RLE frame (PS3.5 annex G) to little endian samples, interleaved by pixel. Segments hold one byte plane
 * each: for every sample, most significant byte first.
 */
export function decodeRleFrame(encoded: Uint8Array, pixel: ImagePixel): Uint8Array {
  if (encoded.length < HEADER_BYTES) throw invalid('The RLE header is cut');
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const bytesPerSample = Math.max(1, pixel.bitsAllocated / 8);
  const segments = view.getUint32(0, true);
  const expected = pixel.samples * bytesPerSample;
  if (segments !== expected || segments > MAX_SEGMENTS) {
    throw invalid(`${segments} RLE segments where ${expected} are expected`);
  }
  const pixels = pixel.rows * pixel.columns;
  const stride = expected;
  if (pixels * stride > encoded.length * MAX_EXPANSION) {
    throw invalid(`${encoded.length} bytes of RLE cannot hold ${pixels} pixels`);
  }
  const out = new Uint8Array(pixels * stride);
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + segment * 4, true);
    const end = segment + 1 < segments ? view.getUint32(8 + segment * 4, true) : encoded.length;
    if (start < HEADER_BYTES || end > encoded.length || start > end)
      throw invalid('An RLE segment lies outside');
    const sample = Math.floor(segment / bytesPerSample);
    const significance = bytesPerSample - 1 - (segment % bytesPerSample);
    unpackSegment(encoded, start, end, out, sample * bytesPerSample + significance, stride, pixels);
  }
  return out;
}

/** PackBits: a count of 0 to 127 copies count + 1 bytes, -1 to -127 repeats the next byte, -128 does nothing. */
function unpackSegment(
  encoded: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  offset: number,
  stride: number,
  pixels: number,
): void {
  let at = start;
  let written = 0;
  while (at < end && written < pixels) {
    const control = encoded[at++]!;
    if (control === 128) continue;
    const copies = control < 128;
    const wanted = copies ? control + 1 : 257 - control;
    const count = Math.min(wanted, pixels - written, copies ? end - at : wanted);
    let target = offset + written * stride;
    if (copies) {
      for (let i = 0; i < count; i++, target += stride) out[target] = encoded[at + i]!;
      at += wanted;
    } else {
      if (at >= end) break;
      const value = encoded[at++]!;
      for (let i = 0; i < count; i++, target += stride) out[target] = value;
    }
    written += count;
  }
  if (written < pixels) throw invalid(`An RLE segment ends after ${written} of ${pixels} pixels`);
}
