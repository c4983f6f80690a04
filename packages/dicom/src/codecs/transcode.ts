import { Dataset, Tag, UID } from '../data/index.ts';
import { encapsulate } from '../write/encapsulate.ts';
import { writePart10 } from '../write/part10.ts';
import { frameDecoder, type ImageFile } from './decode.ts';
import { canEncode, type EncodedFrame, encodeFrame } from './encode.ts';
import type { ImagePixel } from './image-pixel.ts';
import { canDecode } from './syntaxes.ts';

const NATIVE: ReadonlySet<string> = new Set([
  UID.ImplicitVRLittleEndian,
  UID.ExplicitVRLittleEndian,
  UID.ExplicitVRBigEndian,
  UID.DeflatedExplicitVRLittleEndian,
]);
/** Uncompressed syntaxes that objects are written in; big endian is retired. */
const WRITABLE: ReadonlySet<string> = new Set([UID.ImplicitVRLittleEndian, UID.ExplicitVRLittleEndian]);

/** Whether objects of one transfer syntax can be given in another, as far as their syntax tells. */
export function canTranscode(from: string, to: string): boolean {
  if (from === to) return true;
  return (NATIVE.has(from) || canDecode(from)) && (WRITABLE.has(to) || canEncode(to));
}

/**
 * The bytes of an object in another transfer syntax, pixel values unchanged: compressed data is decoded, and
 * compressed again without loss where asked. All other elements are kept, private ones included.
 * @throws PhotopeakError DICOM_TRANSFER_SYNTAX_UNSUPPORTED, DICOM_PIXEL_DATA_*
 */
export async function transcodePart10(file: ImageFile, transferSyntaxUid: string): Promise<Uint8Array> {
  const pixelData = file.dataset.element(Tag.PixelData);
  const compressed = pixelData?.fragments() !== undefined;
  if (pixelData === undefined || (!compressed && WRITABLE.has(transferSyntaxUid))) {
    return writePart10({ dataset: file.dataset, transferSyntaxUid });
  }
  const dataset = new Dataset();
  for (const element of file.dataset) dataset.setElement(element);
  const { pixel, decode } = frameDecoder(file, { colour: 'stored' });
  dataset.delete('ExtendedOffsetTable');
  dataset.delete('ExtendedOffsetTableLengths');
  // Samples come without what may lie above and below them.
  if (pixel.bitsAllocated > 1) dataset.set('HighBit', pixel.bitsStored - 1);
  if (pixel.samples === 3) dataset.set('PlanarConfiguration', 0);
  if (WRITABLE.has(transferSyntaxUid)) await setNative(dataset, pixel, decode);
  else await setCompressed(dataset, pixel, decode, transferSyntaxUid);
  return writePart10({ dataset, transferSyntaxUid });
}

type Decode = ReturnType<typeof frameDecoder>['decode'];

async function setNative(dataset: Dataset, pixel: ImagePixel, decode: Decode): Promise<void> {
  const frames: Uint8Array[] = [];
  let photometric = pixel.photometric;
  for (let index = 0; index < pixel.frames; index++) {
    const frame = await decode(index);
    photometric = frame.photometric;
    frames.push(bytesOf(frame.data));
  }
  const whole = Buffer.concat(frames);
  const even = whole.length % 2 === 0 ? whole : Buffer.concat([whole, Buffer.alloc(1)]);
  dataset.set('PhotometricInterpretation', photometric);
  dataset.set('PixelData', even, pixel.bitsAllocated > 8 ? 'OW' : 'OB');
}

async function setCompressed(
  dataset: Dataset,
  pixel: ImagePixel,
  decode: Decode,
  transferSyntaxUid: string,
): Promise<void> {
  const frames: EncodedFrame[] = [];
  for (let index = 0; index < pixel.frames; index++) {
    const { data, rows, columns, samples, photometric } = await decode(index);
    const { bitsAllocated, bitsStored, signed } = pixel;
    frames.push(
      await encodeFrame(
        { data, rows, columns, samples, bitsAllocated, bitsStored, signed, photometric },
        transferSyntaxUid,
      ),
    );
  }
  dataset.set('PhotometricInterpretation', frames[0]?.photometric ?? pixel.photometric);
  dataset.set('PixelData', encapsulate(frames.map((frame) => frame.bytes)), 'OB');
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
