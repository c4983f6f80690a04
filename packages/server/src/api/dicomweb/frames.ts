import {
  compressedFrames,
  decodeFrame,
  frameBits,
  imagePixel,
  nativePixelData,
  readFilePart10,
  Tag,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { OutgoingPart } from './multipart-reply.ts';

/** Media types of compressed frames, PS3.18 Table 8.7.3-5. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.5': 'image/dicom-rle',
  '1.2.840.10008.1.2.4.50': 'image/jpeg',
  '1.2.840.10008.1.2.4.51': 'image/jpeg',
  '1.2.840.10008.1.2.4.57': 'image/jpeg',
  '1.2.840.10008.1.2.4.70': 'image/jpeg',
  '1.2.840.10008.1.2.4.80': 'image/jls',
  '1.2.840.10008.1.2.4.81': 'image/jls',
  '1.2.840.10008.1.2.4.90': 'image/jp2',
  '1.2.840.10008.1.2.4.91': 'image/jp2',
  '1.2.840.10008.1.2.4.201': 'image/jphc',
  '1.2.840.10008.1.2.4.202': 'image/jphc',
  '1.2.840.10008.1.2.4.203': 'image/jphc',
};
const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/**
 * Frames of an instance (from 1) as parts: compressed ones as stored when `asStored`, else decoded to little endian.
 * @throws PhotopeakError HTTP_NOT_FOUND for a frame that is not there
 */
export async function frameParts(
  file: string,
  frames: readonly number[],
  asStored: boolean,
): Promise<OutgoingPart[]> {
  const parsed = readFilePart10(file);
  const { dataset, transferSyntaxUid } = parsed;
  const pixel = imagePixel(dataset);
  for (const frame of frames) {
    if (frame < 1 || frame > Math.max(1, pixel.frames)) {
      throw new PhotopeakError('the instance has no such frame', {
        code: 'HTTP_NOT_FOUND',
        expected: `1 to ${Math.max(1, pixel.frames)}`,
        found: String(frame),
      });
    }
  }
  const fragments = dataset.element(Tag.PixelData)?.fragments();
  const media = MEDIA_TYPES[transferSyntaxUid];
  if (fragments !== undefined && asStored && media !== undefined) {
    const all = compressedFrames(dataset, fragments, Math.max(1, pixel.frames));
    return frames.map((frame) => ({
      contentType: `${media}; transfer-syntax=${transferSyntaxUid}`,
      content: { bytes: all[frame - 1]! },
    }));
  }
  const contentType = `application/octet-stream; transfer-syntax=${EXPLICIT_LITTLE_ENDIAN}`;
  const bits = frameBits(pixel);
  if (fragments === undefined && bits % 8 === 0) {
    const native = nativePixelData(dataset);
    if (!native.bigEndian) {
      const size = bits / 8;
      return frames.map((frame) => ({
        contentType,
        content: { bytes: native.bytes.subarray((frame - 1) * size, frame * size) },
      }));
    }
  }
  const parts: OutgoingPart[] = [];
  for (const frame of frames) {
    const { data } = await decodeFrame(parsed, frame - 1, { colour: 'stored' });
    parts.push({
      contentType,
      content: { bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) },
    });
  }
  return parts;
}
