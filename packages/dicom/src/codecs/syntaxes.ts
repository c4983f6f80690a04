import { UID } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';
import { uidName } from '../uid/index.ts';

export type Codec =
  | 'native'
  | 'deflated-frames'
  | 'rle'
  | 'jpeg'
  | 'jpeg-ls'
  | 'jpeg-2000'
  | 'htj2k'
  | 'jpeg-xl';

/** How the pixel data of each transfer syntax is decoded. */
const codecs: Readonly<Record<string, Codec>> = {
  [UID.ImplicitVRLittleEndian]: 'native',
  [UID.ExplicitVRLittleEndian]: 'native',
  [UID.ExplicitVRBigEndian]: 'native',
  [UID.DeflatedExplicitVRLittleEndian]: 'native',
  [UID.EncapsulatedUncompressedExplicitVRLittleEndian]: 'native',
  '1.2.840.10008.1.2.8.1': 'deflated-frames',
  [UID.RLELossless]: 'rle',
  [UID.JPEGBaseline8Bit]: 'jpeg',
  [UID.JPEGExtended12Bit]: 'jpeg',
  [UID.JPEGLossless]: 'jpeg',
  [UID.JPEGLosslessSV1]: 'jpeg',
  [UID.JPEGLSLossless]: 'jpeg-ls',
  [UID.JPEGLSNearLossless]: 'jpeg-ls',
  [UID.JPEG2000Lossless]: 'jpeg-2000',
  [UID.JPEG2000]: 'jpeg-2000',
  [UID.HTJ2KLossless]: 'htj2k',
  [UID.HTJ2KLosslessRPCL]: 'htj2k',
  [UID.HTJ2K]: 'htj2k',
  '1.2.840.10008.1.2.4.110': 'jpeg-xl',
  '1.2.840.10008.1.2.4.111': 'jpeg-xl',
  '1.2.840.10008.1.2.4.112': 'jpeg-xl',
};

/** Whether pixel data in this transfer syntax can be decoded; JPEG Extended only where it has 8 bits. */
export function canDecode(transferSyntaxUid: string): boolean {
  return codecs[transferSyntaxUid] !== undefined;
}

export function unsupported(transferSyntaxUid: string, detail: string): Error {
  const name = uidName(transferSyntaxUid) ?? 'unknown transfer syntax';
  return dicomError('DICOM_TRANSFER_SYNTAX_UNSUPPORTED', `${name} ${detail}`, {
    where: '(7FE0,0010)',
    found: transferSyntaxUid,
  });
}

export function codecOf(transferSyntaxUid: string): Codec {
  const codec = codecs[transferSyntaxUid];
  if (codec === undefined) throw unsupported(transferSyntaxUid, 'cannot be decoded');
  return codec;
}
