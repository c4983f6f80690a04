import { decodeFrame, type ImageFile } from '../../codecs/index.ts';
import { packedLength, setBits } from './bits.ts';
import { type FramePixels, listedPixels, nativePixels, shapeOf } from './pixels.ts';
import { Segmentation } from './read.ts';

/** Compressed or big endian frames, decoded one after the other; binary ones are packed again at once. */
async function decodedPixels(file: ImageFile): Promise<FramePixels> {
  const shape = shapeOf(file.dataset);
  const area = shape.rows * shape.columns;
  const isBinary =
    file.dataset.number('BitsAllocated') === 1 || file.dataset.text('SegmentationType') === 'BINARY';
  const frames: (Uint8Array | Uint16Array)[] = [];
  for (let index = 0; index < shape.frames; index++) {
    const { data } = await decodeFrame(file, index, { colour: 'stored' });
    if (isBinary) {
      const packed = new Uint8Array(packedLength(area));
      setBits(packed, 0, area, (pixel) => data[pixel] !== 0);
      frames.push(packed);
    } else {
      frames.push(data instanceof Uint8Array ? data : Uint16Array.from(data));
    }
  }
  return listedPixels(frames, shape, isBinary);
}

const NATIVE = new Set(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99']);

/**
 * Reads a segmentation of any writer: binary, fractional, label map; any transfer syntax that frames can be decoded
 * from. Uncompressed pixels stay where they are in the file's bytes.
 *
 * @throws PhotopeakError OBJECT_KIND_UNEXPECTED, OBJECT_INCOMPLETE, and what decoding frames throws
 */
export async function readSegmentation(file: ImageFile): Promise<Segmentation> {
  return new Segmentation(file.dataset, await framePixels(file));
}

/** The frames of a segmentation, decoded where they are compressed. */
export async function framePixels(file: ImageFile): Promise<FramePixels> {
  return NATIVE.has(file.transferSyntaxUid) ? nativePixels(file.dataset) : decodedPixels(file);
}
