import { candidateVrs } from '../data/dictionary.ts';
import { type Vr, vrFromBytes, vrTraits } from '../data/vr.ts';
import type { ReadContext, Syntax } from './context.ts';

export const UNDEFINED_LENGTH = 0xffffffff;
export const ITEM = 0xfffee000;
export const ITEM_END = 0xfffee00d;
export const SEQUENCE_END = 0xfffee0dd;

/** Tag, VR and length of one element; one object is reused for all, so a walk allocates nothing. */
export class ElementHeader {
  tag = 0;
  /** As in the file; undefined in implicit VR and for item tags. */
  vr: Vr | undefined = undefined;
  length = 0;
  /** Offset of the value field. */
  value = 0;
}

export function readTag(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian
    ? ((bytes[at]! | (bytes[at + 1]! << 8)) * 0x10000 + (bytes[at + 2]! | (bytes[at + 3]! << 8))) >>> 0
    : ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function readUint16(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
}

function readUint32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian
    ? (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
    : ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function isLetter(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/**
 * Reads the header of the element at `at` into `header` (PS3.5 section 7.1). The value field is not checked to lie
 * before `end`; the caller knows what a value that does not means there.
 */
export function readHeader(
  context: ReadContext,
  syntax: Syntax,
  at: number,
  end: number,
  header: ElementHeader,
): void {
  const { bytes } = context;
  const { littleEndian } = syntax;
  if (at + 8 > end) {
    const tag = at + 4 <= end ? readTag(bytes, at, littleEndian) : 0;
    throw context.fail('DICOM_TRUNCATED', 'The data ends inside the header of an element', tag, at);
  }
  const tag = readTag(bytes, at, littleEndian);
  header.tag = tag;
  if (!syntax.explicit || tag >>> 16 === 0xfffe) {
    header.vr = undefined;
    header.length = readUint32(bytes, at + 4, littleEndian);
    header.value = at + 8;
    return;
  }
  const vr = vrFromBytes(bytes[at + 4]!, bytes[at + 5]!);
  if (vr === undefined) {
    readUnknownVr(context, syntax, at, end, header);
    return;
  }
  header.vr = vr;
  if (!vrTraits[vr].long) {
    header.length = readUint16(bytes, at + 6, littleEndian);
    header.value = at + 8;
    return;
  }
  readLongLength(context, syntax, at, end, header);
}

function readLongLength(
  context: ReadContext,
  syntax: Syntax,
  at: number,
  end: number,
  header: ElementHeader,
): void {
  if (at + 12 > end) {
    throw context.fail('DICOM_TRUNCATED', 'The data ends inside the header of an element', header.tag, at);
  }
  header.length = readUint32(context.bytes, at + 8, syntax.littleEndian);
  header.value = at + 12;
}

/** The bytes where a VR should be are none: a newer VR has the long form; else the element is in implicit form. */
function readUnknownVr(
  context: ReadContext,
  syntax: Syntax,
  at: number,
  end: number,
  header: ElementHeader,
): void {
  const { bytes } = context;
  const { tag } = header;
  header.vr = 'UN';
  if (isLetter(bytes[at + 4]!) && isLetter(bytes[at + 5]!)) {
    context.report('DICOM_VR_INVALID', 'The value representation is not known', tag, at);
    if (bytes[at + 6] === 0 && bytes[at + 7] === 0) {
      readLongLength(context, syntax, at, end, header);
    } else {
      header.length = readUint16(bytes, at + 6, syntax.littleEndian);
      header.value = at + 8;
    }
    return;
  }
  // `??`, zeros and blanks as VR come from transcoders that did not know the element; its length is 16 or 32 bits.
  const implicitLength = readUint32(bytes, at + 4, syntax.littleEndian);
  if (implicitLength === UNDEFINED_LENGTH || implicitLength <= end - at - 8) {
    context.report('DICOM_VR_INVALID', 'An element in implicit form among explicit ones', tag, at);
    header.vr = undefined;
    header.length = implicitLength;
    header.value = at + 8;
    return;
  }
  const shortLength = readUint16(bytes, at + 6, syntax.littleEndian);
  if (candidateVrs(tag) !== undefined && shortLength <= end - at - 8) {
    context.report('DICOM_VR_INVALID', 'The value representation is not valid', tag, at);
    header.length = shortLength;
    header.value = at + 8;
    return;
  }
  throw context.fail('DICOM_MALFORMED', 'There is no valid element', tag, at, 'no value representation');
}
