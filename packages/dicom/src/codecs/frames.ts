import { type Dataset, type Fragments, Tag } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';
import type { ImagePixel } from './image-pixel.ts';

function invalid(message: string, expected?: string, found?: string): Error {
  return dicomError('DICOM_PIXEL_DATA_INVALID', message, {
    where: '(7FE0,0010)',
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
  });
}

/** Bytes of one uncompressed frame, not rounded: frames of one bit per pixel may end inside a byte. */
export function frameBits(pixel: ImagePixel): number {
  const samplesPerFrame = is422(pixel) ? 2 : pixel.samples;
  return pixel.rows * pixel.columns * samplesPerFrame * pixel.bitsAllocated;
}

/** Uncompressed 4:2:2 keeps two samples for each pixel, PS3.3 C.7.6.3.1.2. */
export function is422(pixel: ImagePixel): boolean {
  return pixel.photometric.endsWith('_422') && pixel.samples === 3;
}

/** Uncompressed pixel data, from whichever element holds it. */
export function nativePixelData(dataset: Dataset): { bytes: Uint8Array; bigEndian: boolean } {
  for (const tag of [Tag.PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData]) {
    const content = dataset.element(tag)?.content;
    if (content?.kind === 'encoded') return { bytes: content.bytes, bigEndian: !content.littleEndian };
  }
  throw dicomError('DICOM_PIXEL_DATA_MISSING', 'The object has no pixel data', { where: '(7FE0,0010)' });
}

const SOI = 0xffd8;
const SOC = 0xff4f;
const JXL = 0xff0a;

function startsCodestream(fragment: Uint8Array): boolean {
  const first = ((fragment[0] ?? 0) << 8) | (fragment[1] ?? 0);
  return first === SOI || first === SOC || first === JXL;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

/**
 * The compressed frames of encapsulated pixel data (PS3.5 annex A.4), each from one or more fragments: by the Basic
 * or Extended Offset Table where they are right, else by count, else by the marks at which codestreams start.
 */
export function compressedFrames(dataset: Dataset, value: Fragments, frameCount: number): Uint8Array[] {
  const { fragments } = value;
  if (fragments.length === 0) {
    throw dicomError('DICOM_PIXEL_DATA_MISSING', 'The pixel data has no fragments', { where: '(7FE0,0010)' });
  }
  if (frameCount === 1) return [join(fragments)];
  if (fragments.length === frameCount) return [...fragments];
  const starts = fragmentStarts(fragments);
  const groups =
    byOffsets(starts, extendedOffsets(dataset), frameCount) ??
    byOffsets(starts, basicOffsets(value.offsetTable), frameCount) ??
    byCodestreams(fragments, frameCount);
  if (groups === undefined) {
    throw invalid(
      'The fragments of the pixel data cannot be assigned to frames',
      `${frameCount} frames`,
      `${fragments.length} fragments`,
    );
  }
  return groups.map((first, index) => join(fragments.slice(first, groups[index + 1] ?? fragments.length)));
}

/** Offset of each fragment's item as offset tables count: from the first item after the Basic Offset Table. */
function fragmentStarts(fragments: readonly Uint8Array[]): Map<number, number> {
  const starts = new Map<number, number>();
  let at = 0;
  for (const [index, fragment] of fragments.entries()) {
    starts.set(at, index);
    at += 8 + fragment.length + (fragment.length % 2);
  }
  return starts;
}

function basicOffsets(table: Uint8Array): number[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  return Array.from({ length: Math.floor(table.length / 4) }, (_, i) => view.getUint32(i * 4, true));
}

function extendedOffsets(dataset: Dataset): number[] {
  return dataset.numbers('ExtendedOffsetTable');
}

function byOffsets(
  starts: ReadonlyMap<number, number>,
  offsets: readonly number[],
  frameCount: number,
): number[] | undefined {
  if (offsets.length !== frameCount) return undefined;
  const firsts = offsets.map((offset) => starts.get(offset));
  const ascending = firsts.every((first, i) => first !== undefined && (i === 0 || first > firsts[i - 1]!));
  return ascending ? (firsts as number[]) : undefined;
}

function byCodestreams(fragments: readonly Uint8Array[], frameCount: number): number[] | undefined {
  const firsts: number[] = [];
  for (const [index, fragment] of fragments.entries()) if (startsCodestream(fragment)) firsts.push(index);
  return firsts.length === frameCount && firsts[0] === 0 ? firsts : undefined;
}
