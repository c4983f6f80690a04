import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import {
  compressedFrames,
  type Dataset,
  type DecodedFrame,
  decodeFrame,
  frameBits,
  type HeaderFile,
  type ImagePixel,
  imagePixel,
  nativePixelData,
  readFileHeader,
  readFilePart10,
  Tag,
  UID,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';

/** The frames of one stored instance. */
export interface PixelSource {
  readonly pixel: ImagePixel;
  /** Attributes of the instance; pixel data included where it was read. */
  readonly dataset: Dataset;
  readonly transferSyntaxUid: string;
  readonly compressed: boolean;
  /** A frame (from 1) as stored; only of compressed ones. */
  stored(frame: number): Uint8Array;
  /** A frame (from 1) as its samples in little endian, compressed or not. */
  decoded(frame: number): Promise<Uint8Array>;
  /** A frame (from 1) decoded; colours as RGB, or as they are stored. */
  picture(frame: number, colour?: 'rgb' | 'stored'): Promise<DecodedFrame>;
}

const KEPT_BYTES = 256 * 1024 * 1024;
const LARGEST_KEPT = 128 * 1024 * 1024;

/** Opens instances for their frames; whole files that were read lately are kept, up to a limit. */
export function createPixelSources(): (file: string) => PixelSource {
  const kept = new Map<string, HeaderFile>();
  let keptBytes = 0;

  function whole(file: string): HeaderFile {
    const known = kept.get(file);
    if (known !== undefined) {
      kept.delete(file);
      kept.set(file, known);
      return known;
    }
    const parsed = readFilePart10(file);
    if (parsed.fileBytes <= LARGEST_KEPT) {
      kept.set(file, parsed);
      keptBytes += parsed.fileBytes;
      for (const [oldest, entry] of kept) {
        if (keptBytes <= KEPT_BYTES) break;
        kept.delete(oldest);
        keptBytes -= entry.fileBytes;
      }
    }
    return parsed;
  }

  return (file) => {
    const header = readFileHeader(file);
    const pixel = imagePixel(header.dataset);
    const place = nativePlace(header);
    let frames: Uint8Array[] | undefined;
    const stored = () => {
      const parsed = whole(file);
      const fragments = parsed.dataset.element(Tag.PixelData)?.fragments();
      frames ??=
        fragments === undefined ? undefined : compressedFrames(parsed.dataset, fragments, pixel.frames);
      if (frames === undefined) throw noPixels();
      return frames;
    };
    return {
      pixel,
      dataset: header.dataset,
      transferSyntaxUid: header.transferSyntaxUid,
      compressed: !NATIVE.has(header.transferSyntaxUid),
      stored(frame) {
        requireFrame(pixel, frame);
        return stored()[frame - 1]!;
      },
      async decoded(frame) {
        requireFrame(pixel, frame);
        const bits = frameBits(pixel);
        const size = bits / 8;
        if (place !== undefined && bits % 8 === 0 && place.length >= frame * size) {
          return readRange(file, place.start + (frame - 1) * size, size);
        }
        const parsed = whole(file);
        if (NATIVE.has(parsed.transferSyntaxUid) && bits % 8 === 0) {
          const native = nativePixelData(parsed.dataset);
          if (!native.bigEndian) return native.bytes.subarray((frame - 1) * size, frame * size);
        }
        const { data } = await decodeFrame(parsed, frame - 1, { colour: 'stored' });
        return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      },
      picture(frame, colour = 'rgb') {
        requireFrame(pixel, frame);
        return decodeFrame(whole(file), frame - 1, { colour });
      },
    };
  };
}

const NATIVE: ReadonlySet<string> = new Set([
  UID.ImplicitVRLittleEndian,
  UID.ExplicitVRLittleEndian,
  UID.ExplicitVRBigEndian,
  UID.DeflatedExplicitVRLittleEndian,
]);
const IN_PLACE: ReadonlySet<string> = new Set([UID.ImplicitVRLittleEndian, UID.ExplicitVRLittleEndian]);
const UNDEFINED_LENGTH = 0xffffffff;
const HEAD_BYTES = 12;
/** Pixel Data, Float Pixel Data, Double Float Pixel Data. */
const PIXEL_ELEMENTS: readonly number[] = [0x0010, 0x0008, 0x0009];

export interface BytePlace {
  readonly tag: number;
  readonly start: number;
  readonly length: number;
}

/** Where uncompressed little endian pixel data lies in the file, so that it need not be read whole. */
export function nativePlace(header: HeaderFile): BytePlace | undefined {
  if (!IN_PLACE.has(header.transferSyntaxUid)) return undefined;
  const head = Buffer.alloc(HEAD_BYTES);
  const descriptor = openSync(header.path, 'r');
  try {
    if (readSync(descriptor, head, 0, HEAD_BYTES, header.end) < HEAD_BYTES) return undefined;
  } finally {
    closeSync(descriptor);
  }
  const element = head.readUInt16LE(2);
  if (head.readUInt16LE(0) !== 0x7fe0 || !PIXEL_ELEMENTS.includes(element)) return undefined;
  // What the bytes are counts, not what the file declares.
  const explicit = head[4] === 0x4f && head[5]! >= 0x41;
  const length = head.readUInt32LE(explicit ? 8 : 4);
  const start = header.end + (explicit ? 12 : 8);
  if (length === UNDEFINED_LENGTH || start + length > header.fileBytes) return undefined;
  return { tag: 0x7fe00000 + element, start, length };
}

async function readRange(file: string, start: number, length: number): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, start + filled);
      if (bytesRead === 0) throw noPixels();
      filled += bytesRead;
    }
    return buffer;
  } finally {
    await handle.close();
  }
}

function requireFrame(pixel: ImagePixel, frame: number): void {
  if (frame >= 1 && frame <= pixel.frames) return;
  throw new PhotopeakError('the instance has no such frame', {
    code: 'HTTP_NOT_FOUND',
    expected: `1 to ${pixel.frames}`,
    found: String(frame),
  });
}

function noPixels(): PhotopeakError {
  return new PhotopeakError('the instance has no pixel data that can be read', { code: 'HTTP_NOT_FOUND' });
}
