import { UID } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';
import { decodePool } from './pool.ts';
import { unsupported } from './syntaxes.ts';
import type { EncodeJob } from './worker.ts';

/** How pixel data is compressed without loss for each transfer syntax that can be written. */
const encoders: Readonly<Record<string, EncodeJob['codec']>> = {
  [UID.RLELossless]: 'rle',
  [UID.JPEGLosslessSV1]: 'jpeg-lossless',
  [UID.JPEGLSLossless]: 'jpeg-ls',
  [UID.JPEG2000Lossless]: 'jpeg-2000',
  [UID.HTJ2KLossless]: 'htj2k',
};

/** Whether pixel data can be compressed into this transfer syntax, without loss. */
export function canEncode(transferSyntaxUid: string): boolean {
  return encoders[transferSyntaxUid] !== undefined;
}

/** Samples of one frame, those of a pixel side by side. */
export interface FrameSamples {
  readonly data: ArrayBufferView;
  readonly rows: number;
  readonly columns: number;
  readonly samples: 1 | 3;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly signed: boolean;
  readonly photometric: string;
}

export interface EncodedFrame {
  readonly bytes: Uint8Array;
  /** Photometric Interpretation of the compressed frame: JPEG 2000 may turn RGB into YBR_RCT. */
  readonly photometric: string;
}

/**
 * Compresses a frame without loss.
 * @throws PhotopeakError DICOM_TRANSFER_SYNTAX_UNSUPPORTED
 */
export function encodeFrame(frame: FrameSamples, transferSyntaxUid: string): Promise<EncodedFrame> {
  const codec = encoders[transferSyntaxUid];
  if (codec === undefined) throw unsupported(transferSyntaxUid, 'cannot be written');
  return encode(frame, codec, 100, transferSyntaxUid);
}

/** A picture as a JPEG file of 8 bits. @param quality 1 to 100 */
export async function encodeJpegPicture(
  frame: FrameSamples & { readonly bitsAllocated: 8 },
  quality: number,
): Promise<Uint8Array> {
  return (await encode(frame, 'jpeg-baseline', quality, UID.JPEGBaseline8Bit)).bytes;
}

async function encode(
  frame: FrameSamples,
  codec: EncodeJob['codec'],
  quality: number,
  transferSyntaxUid: string,
): Promise<EncodedFrame> {
  const { data } = frame;
  const answer = await decodePool().encode({
    codec,
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    width: frame.columns,
    height: frame.rows,
    bitsAllocated: frame.bitsAllocated,
    bitsStored: frame.bitsStored,
    samples: frame.samples,
    signed: frame.signed,
    photometric: frame.photometric,
    quality,
  });
  if (answer.bytes === undefined) {
    throw dicomError('DICOM_TRANSFER_SYNTAX_UNSUPPORTED', `A frame cannot be compressed: ${answer.error}`, {
      where: '(7FE0,0010)',
      expected: transferSyntaxUid,
    });
  }
  return { bytes: answer.bytes, photometric: answer.photometric ?? frame.photometric };
}
