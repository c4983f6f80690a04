import { inflateRawSync } from 'node:zlib';
import { type Dataset, Tag } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';
import { hasEndMarker, inspectCodestream } from './codestream.ts';
import { toPixelOrder, toRgb } from './colour.ts';
import { compressedFrames, frameBits, is422, nativePixelData } from './frames.ts';
import { type ImagePixel, imagePixel } from './image-pixel.ts';
import { applyPalette, colourTable } from './palette.ts';
import { decodePool } from './pool.ts';
import { decodeRleFrame } from './rle.ts';
import { type SampleArray, storedValues, unpackBits } from './samples.ts';
import { type Codec, codecOf, unsupported } from './syntaxes.ts';

/** What is needed of a parsed file. */
export interface ImageFile {
  readonly dataset: Dataset;
  readonly transferSyntaxUid: string;
}

export interface DecodeOptions {
  /** `rgb` (default): YBR and palette images become RGB. `stored`: samples stay as they are stored. */
  readonly colour?: 'rgb' | 'stored';
}

export interface DecodedFrame {
  readonly rows: number;
  readonly columns: number;
  /** Samples of each pixel, side by side. */
  readonly samples: 1 | 3;
  /**
   * Stored values before any rescale: sign extended, without bits above Bits Stored. May be a view on the file's
   * bytes; do not write to it.
   */
  readonly data: SampleArray;
  /** Photometric Interpretation of `data`. */
  readonly photometric: string;
}

/** A frame as its codec gives it, before samples are put side by side and colours are converted. */
interface RawFrame {
  readonly data: SampleArray;
  readonly photometric: string;
  readonly planar: boolean;
  readonly subsampled: boolean;
}

/** Decodes one frame, counted from 0. @throws DICOM_TRANSFER_SYNTAX_UNSUPPORTED, DICOM_PIXEL_DATA_*. */
export async function decodeFrame(
  file: ImageFile,
  index = 0,
  options: DecodeOptions = {},
): Promise<DecodedFrame> {
  const frame = frameDecoder(file, options);
  return frame.decode(index);
}

/** Decodes all frames; compressed ones in parallel on worker threads. @throws as `decodeFrame`. */
export async function decodeFrames(file: ImageFile, options: DecodeOptions = {}): Promise<DecodedFrame[]> {
  const { pixel, decode } = frameDecoder(file, options);
  return Promise.all(Array.from({ length: pixel.frames }, (_, index) => decode(index)));
}

/** Finds the frames of a file once, so that many can be decoded one by one. */
export function frameDecoder(
  file: ImageFile,
  options: DecodeOptions = {},
): { readonly pixel: ImagePixel; readonly decode: (index: number) => Promise<DecodedFrame> } {
  const { dataset, transferSyntaxUid } = file;
  const pixel = imagePixel(dataset);
  const fragments = dataset.element(Tag.PixelData)?.fragments();
  const rgb = options.colour !== 'stored';
  const check = (index: number) => {
    if (!Number.isInteger(index) || index < 0 || index >= pixel.frames) {
      throw dicomError('DICOM_PIXEL_DATA_MISSING', 'There is no such frame', {
        where: '(7FE0,0010)',
        expected: `0 to ${pixel.frames - 1}`,
        found: String(index),
      });
    }
  };
  const finish = (raw: RawFrame) => finished(dataset, pixel, raw, rgb);
  if (fragments === undefined) {
    const { bytes, bigEndian } = nativePixelData(dataset);
    return {
      pixel,
      decode: async (index) => {
        check(index);
        return finish(nativeFrame(bytes, pixel, index, bigEndian));
      },
    };
  }
  const codec = codecOf(transferSyntaxUid);
  const frames = compressedFrames(dataset, fragments, pixel.frames);
  return {
    pixel,
    decode: async (index) => {
      check(index);
      return finish(await decodeCompressed(frames[index]!, pixel, codec, transferSyntaxUid));
    },
  };
}

function finished(dataset: Dataset, pixel: ImagePixel, raw: RawFrame, rgb: boolean): DecodedFrame {
  const { rows, columns, samples } = pixel;
  if (samples === 1) {
    if (raw.photometric !== 'PALETTE COLOR' || !rgb) {
      return { rows, columns, samples, data: raw.data, photometric: raw.photometric };
    }
    const data = applyPalette(raw.data, colourTable(dataset));
    return { rows, columns, samples: 3, data, photometric: 'RGB' };
  }
  const ordered = toPixelOrder(raw.data, raw);
  const { data, photometric } = rgb
    ? toRgb(ordered, raw.photometric)
    : { data: ordered, photometric: raw.photometric };
  return { rows, columns, samples, data, photometric };
}

function nativeFrame(bytes: Uint8Array, pixel: ImagePixel, index: number, bigEndian: boolean): RawFrame {
  const bits = frameBits(pixel);
  if ((index + 1) * bits > bytes.length * 8) {
    throw dicomError('DICOM_PIXEL_DATA_INVALID', 'The pixel data is shorter than the image', {
      where: `(7FE0,0010), frame ${index}`,
      expected: `${Math.ceil((pixel.frames * bits) / 8)} bytes`,
      found: `${bytes.length} bytes`,
    });
  }
  const layout = { photometric: pixel.photometric, planar: pixel.planar, subsampled: is422(pixel) };
  if (pixel.bitsAllocated === 1) return { ...layout, data: unpackBits(bytes, index * bits, bits) };
  const start = (index * bits) / 8;
  return { ...layout, data: storedValues(bytes.subarray(start, start + bits / 8), pixel, bigEndian) };
}

async function decodeCompressed(
  encoded: Uint8Array,
  pixel: ImagePixel,
  codec: Codec,
  transferSyntaxUid: string,
): Promise<RawFrame> {
  const { photometric } = pixel;
  switch (codec) {
    case 'rle': {
      const data = storedValues(decodeRleFrame(encoded, pixel), pixel, false);
      // The planes of RLE are put side by side whatever Planar Configuration says.
      return { data, photometric, planar: false, subsampled: false };
    }
    case 'native':
      return nativeFrame(encoded, pixel, 0, false);
    case 'deflated-frames':
      return nativeFrame(inflateFrame(encoded, pixel), pixel, 0, false);
    default:
      return decodeInWorker(encoded, pixel, codec, transferSyntaxUid);
  }
}

function inflateFrame(encoded: Uint8Array, pixel: ImagePixel): Uint8Array {
  try {
    return inflateRawSync(encoded, { maxOutputLength: Math.ceil(frameBits(pixel) / 8) + 1 });
  } catch (cause) {
    throw dicomError('DICOM_PIXEL_DATA_INVALID', 'A deflated frame cannot be inflated', {
      where: '(7FE0,0010)',
      cause,
    });
  }
}

/** libjpeg of the decoder has 8-bit samples for the lossy processes. */
const MAX_LOSSY_JPEG_BITS = 8;
const LOSSLESS_JPEG = 0xc3;
/**
 * A few bytes of JPEG 2000 or JPEG-LS may claim to be 65535 × 65535 pixels, and the decoder takes the memory before it
 * notices. The largest frames of radiography and mammography have some 40 million.
 */
const MAX_COMPRESSED_SAMPLES = 2 ** 28;
const RGB_COMPONENTS = [0x52, 0x47, 0x42];

async function decodeInWorker(
  encoded: Uint8Array,
  pixel: ImagePixel,
  codec: Exclude<Codec, 'native' | 'rle' | 'deflated-frames'>,
  transferSyntaxUid: string,
): Promise<RawFrame> {
  if (pixel.rows * pixel.columns * pixel.samples > MAX_COMPRESSED_SAMPLES) {
    throw dicomError('DICOM_PIXEL_DATA_INVALID', 'A compressed frame is larger than any that is decoded', {
      where: '(7FE0,0010)',
      expected: `at most ${MAX_COMPRESSED_SAMPLES} samples`,
      found: `${pixel.columns} × ${pixel.rows} × ${pixel.samples}`,
    });
  }
  const info = inspectCodestream(encoded);
  if (codec !== 'jpeg-xl') {
    if (info === undefined) {
      throw dicomError('DICOM_PIXEL_DATA_INVALID', 'A frame has no readable header', {
        where: '(7FE0,0010)',
      });
    }
    if (info.width !== pixel.columns || info.height !== pixel.rows || info.components !== pixel.samples) {
      throw dicomError('DICOM_PIXEL_DATA_INVALID', 'A compressed frame has another size than the image', {
        where: '(7FE0,0010)',
        expected: `${pixel.columns} × ${pixel.rows} × ${pixel.samples}`,
        found: `${info.width} × ${info.height} × ${info.components}`,
      });
    }
    if (codec === 'jpeg-ls' && !hasEndMarker(encoded)) {
      throw dicomError('DICOM_PIXEL_DATA_INVALID', 'A compressed frame is cut: it has no end marker', {
        where: '(7FE0,0010)',
      });
    }
    if (codec === 'jpeg' && info.marker !== LOSSLESS_JPEG && info.bits > MAX_LOSSY_JPEG_BITS) {
      throw unsupported(transferSyntaxUid, `with ${info.bits} bits cannot be decoded`);
    }
    if (info.bits > pixel.bitsAllocated) {
      throw dicomError('DICOM_PIXEL_DATA_INVALID', 'A compressed frame has more bits than Bits Allocated', {
        where: '(7FE0,0010)',
        expected: `at most ${pixel.bitsAllocated}`,
        found: String(info.bits),
      });
    }
  }
  const ybr = pixel.samples === 3 && pixel.photometric.startsWith('YBR_');
  const alreadyRgb =
    info !== undefined &&
    (info.adobeTransform === 0 || info.componentIds.every((id, i) => id === RGB_COMPONENTS[i])) &&
    info.componentIds.length === 3;
  const convert = codec === 'jpeg' && ybr && !alreadyRgb;
  const answer = await decodePool().decode({
    codec,
    bytes: encoded,
    width: pixel.columns,
    height: pixel.rows,
    bitsAllocated: pixel.bitsAllocated,
    bitsStored: pixel.bitsStored,
    samples: pixel.samples,
    signed: pixel.signed,
    photometric: alreadyRgb && ybr ? 'RGB' : pixel.photometric,
    toRgb: convert,
  });
  const size = pixel.rows * pixel.columns * pixel.samples * (pixel.bitsAllocated / 8);
  if (answer.bytes === undefined || answer.bytes.length < size) {
    throw dicomError(
      'DICOM_PIXEL_DATA_INVALID',
      `A frame cannot be decoded: ${answer.error ?? 'it is too short'}`,
      {
        where: '(7FE0,0010)',
      },
    );
  }
  return {
    data: storedValues(answer.bytes.subarray(0, size), pixel, false),
    photometric: decodedPhotometric(pixel, codec, convert || alreadyRgb),
    planar: answer.planar === true,
    subsampled: false,
  };
}

/** What a decoder leaves: JPEG 2000 undoes its component transform itself, JPEG does on request. */
function decodedPhotometric(pixel: ImagePixel, codec: Codec, rgb: boolean): string {
  const { photometric, samples } = pixel;
  if (samples === 1) return photometric;
  if (rgb || codec === 'jpeg-xl') return 'RGB';
  if (photometric === 'YBR_ICT' || photometric === 'YBR_RCT') return 'RGB';
  return photometric.replace(/_42[02]$/, '');
}
