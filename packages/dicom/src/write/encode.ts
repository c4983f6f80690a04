import { type CharacterSet, utf8 } from '../charset/index.ts';
import { swapped, swapUnit } from '../data/element.ts';
import { type Dataset, type Element, type Vr, vrTraits } from '../data/index.ts';
import { dicomError, hexTag } from '../errors/index.ts';
import { Chunks } from './chunks.ts';

/** How a data set is laid out in bytes. */
export interface Encoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
  /** Sequences and items with explicit lengths, or with delimiters. */
  readonly sequenceLengths: 'explicit' | 'undefined';
  /** Text is written as UTF-8, or the bytes that were read are kept in their own character set. */
  readonly text: 'utf-8' | 'as-read';
}

const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const SPECIFIC_CHARACTER_SET = 0x00080005;
const PIXEL_DATA = 0x7fe00010;
const MAX_SHORT_LENGTH = 0xfffe;
const MAX_LENGTH = 0xfffffffe;

interface Context {
  readonly signed: boolean;
  readonly bitsAllocated: number | undefined;
}

/** Encodes the elements of a data set in ascending order of tag. */
export function encodeDataset(dataset: Dataset, encoding: Encoding): Chunks {
  const out = new Chunks();
  encodeElements(out, dataset, encoding);
  return out;
}

function encodeElements(out: Chunks, dataset: Dataset, encoding: Encoding, outer?: Context): void {
  const pixelRepresentation = dataset.number('PixelRepresentation');
  const context: Context = {
    signed: pixelRepresentation === undefined ? (outer?.signed ?? false) : pixelRepresentation === 1,
    bitsAllocated: dataset.number('BitsAllocated') ?? outer?.bitsAllocated,
  };
  for (const element of dataset) {
    // Group lengths are retired outside of groups 0 and 2, and would have to be recomputed.
    if ((element.tag & 0xffff) === 0 && element.tag > 0x0002ffff) continue;
    if (encoding.text === 'utf-8' && element.tag === SPECIFIC_CHARACTER_SET && outer !== undefined) continue;
    encodeElement(out, element, encoding, context);
  }
}

function tagOut(out: Chunks, tag: number, littleEndian: boolean): void {
  out.uint16(tag >>> 16, littleEndian);
  out.uint16(tag & 0xffff, littleEndian);
}

/** Tag and VR; the 32-bit length follows. */
function openHeader(out: Chunks, tag: number, vr: Vr, encoding: Encoding): void {
  tagOut(out, tag, encoding.littleEndian);
  if (!encoding.explicit) return;
  out.uint8(vr.charCodeAt(0));
  out.uint8(vr.charCodeAt(1));
  if (vrTraits[vr].long) out.uint16(0, encoding.littleEndian);
}

function header(out: Chunks, tag: number, vr: Vr, length: number, encoding: Encoding): void {
  openHeader(out, tag, vr, encoding);
  if (encoding.explicit && !vrTraits[vr].long) out.uint16(length, encoding.littleEndian);
  else out.uint32(length, encoding.littleEndian);
}

function encodeElement(out: Chunks, element: Element, encoding: Encoding, context: Context): void {
  const { content, tag } = element;
  if (content.kind === 'items') {
    encodeSequence(out, tag, content.items(), encoding, context);
    return;
  }
  if (content.kind === 'fragments') {
    encodeFragments(out, tag, content.value.offsetTable, content.value.fragments, encoding);
    return;
  }
  const vr = writtenVr(element, encoding, context);
  const value = padded(encodeValue(element, vr, encoding), vrTraits[vr].pad);
  if (value.length > MAX_LENGTH) {
    throw dicomError('DICOM_VALUE_INVALID', 'The value is longer than 4 GiB', { where: hexTag(tag) });
  }
  // PS3.5 section 6.2.2: a value too long for a 16-bit length is written as UN.
  const tooLong = !vrTraits[vr].long && value.length > MAX_SHORT_LENGTH;
  header(out, tag, encoding.explicit && tooLong ? 'UN' : vr, value.length, encoding);
  out.bytes(value);
}

/** Settles the VRs that depend on other attributes (PS3.5 annex A.2, PS3.3 C.7.6.3). */
function writtenVr(element: Element, encoding: Encoding, context: Context): Vr {
  const { tag, vr, content } = element;
  if (tag === PIXEL_DATA && encoding.explicit && context.bitsAllocated !== undefined) {
    return context.bitsAllocated > 8 ? 'OW' : 'OB';
  }
  if (vr === 'US' && context.signed && content.kind === 'numbers' && ambiguous.has(tag)) {
    return content.values.every((value) => value <= 0x7fff) ? 'SS' : vr;
  }
  return vr;
}

/** US or SS according to Pixel Representation. */
const ambiguous: ReadonlySet<number> = new Set([
  0x00280104, 0x00280105, 0x00280106, 0x00280107, 0x00280108, 0x00280109, 0x00280120, 0x00280121, 0x00409211,
  0x00409216,
]);

function padded(value: Uint8Array, pad: number): Uint8Array {
  if (value.length % 2 === 0) return value;
  const even = new Uint8Array(value.length + 1);
  even.set(value);
  even[value.length] = pad;
  return even;
}

const encoder = new TextEncoder();

function encodeValue(element: Element, vr: Vr, encoding: Encoding): Uint8Array {
  const { content, tag } = element;
  const traits = vrTraits[vr];
  switch (content.kind) {
    case 'encoded': {
      if (tag === SPECIFIC_CHARACTER_SET) break;
      if (traits.encoded && encoding.text === 'utf-8' && !isPlain(content.bytes)) {
        return encoder.encode(content.characterSet.decode(content.bytes, vr === 'PN'));
      }
      const unit = swapUnit(vr);
      return content.littleEndian === encoding.littleEndian || unit === 1
        ? content.bytes
        : swapped(content.bytes, unit);
    }
    case 'strings':
      break;
    case 'numbers':
      return encodeNumbers(content.values, vr, encoding.littleEndian);
    default:
      return new Uint8Array(0);
  }
  const text = element.texts().join('\\');
  if (!traits.encoded && !isAsciiText(text)) {
    throw dicomError('DICOM_VALUE_INVALID', 'The value has characters outside ASCII', {
      where: hexTag(tag),
      expected: `VR ${vr} in the default repertoire`,
    });
  }
  return encoder.encode(text);
}

function encodeNumbers(values: readonly (number | bigint)[], vr: Vr, littleEndian: boolean): Uint8Array {
  const size = vrTraits[vr].size;
  const view = new DataView(new ArrayBuffer(values.length * size));
  const put = numberWriters[vr];
  if (put === undefined && values.length > 0) {
    throw dicomError('DICOM_VALUE_INVALID', `Numbers cannot be written as ${vr}`);
  }
  for (const [index, value] of values.entries()) put!(view, index * size, value, littleEndian);
  return new Uint8Array(view.buffer);
}

type NumberWriter = (view: DataView, at: number, value: number | bigint, littleEndian: boolean) => void;

const numberWriters: Partial<Record<Vr, NumberWriter>> = {
  AT: (view, at, value, le) => {
    view.setUint16(at, Number(value) >>> 16, le);
    view.setUint16(at + 2, Number(value) & 0xffff, le);
  },
  FD: (view, at, value, le) => view.setFloat64(at, Number(value), le),
  FL: (view, at, value, le) => view.setFloat32(at, Number(value), le),
  OW: (view, at, value, le) => view.setUint16(at, Number(value), le),
  SL: (view, at, value, le) => view.setInt32(at, Number(value), le),
  SS: (view, at, value, le) => view.setInt16(at, Number(value), le),
  SV: (view, at, value, le) => view.setBigInt64(at, BigInt(value), le),
  UL: (view, at, value, le) => view.setUint32(at, Number(value), le),
  US: (view, at, value, le) => view.setUint16(at, Number(value), le),
  UV: (view, at, value, le) => view.setBigUint64(at, BigInt(value), le),
};

function encodeSequence(
  out: Chunks,
  tag: number,
  items: readonly Dataset[],
  encoding: Encoding,
  context: Context,
): void {
  const { littleEndian } = encoding;
  const explicitLength = encoding.sequenceLengths === 'explicit';
  openHeader(out, tag, 'SQ', encoding);
  const setLength = lengthOf(out, encoding);
  for (const item of items) {
    tagOut(out, ITEM, littleEndian);
    const setItemLength = lengthOf(out, encoding);
    encodeElements(out, item, encoding, context);
    setItemLength();
    if (!explicitLength) {
      tagOut(out, ITEM_END, littleEndian);
      out.uint32(0, littleEndian);
    }
  }
  setLength();
  if (!explicitLength) {
    tagOut(out, SEQUENCE_END, littleEndian);
    out.uint32(0, littleEndian);
  }
}

/** Writes the length of what follows until the result is called, or that it is undefined. */
function lengthOf(out: Chunks, encoding: Encoding): () => void {
  if (encoding.sequenceLengths === 'undefined') {
    out.uint32(UNDEFINED_LENGTH, encoding.littleEndian);
    return () => undefined;
  }
  const set = out.uint32Later(encoding.littleEndian);
  const start = out.length;
  return () => set(out.length - start);
}

function encodeFragments(
  out: Chunks,
  tag: number,
  offsetTable: Uint8Array,
  fragments: readonly Uint8Array[],
  encoding: Encoding,
): void {
  if (!encoding.explicit || !encoding.littleEndian) {
    throw dicomError('DICOM_VALUE_INVALID', 'Compressed pixel data needs explicit little endian', {
      where: hexTag(tag),
    });
  }
  header(out, tag, 'OB', UNDEFINED_LENGTH, encoding);
  for (const fragment of [offsetTable, ...fragments]) {
    tagOut(out, ITEM, true);
    const even = padded(fragment, 0);
    out.uint32(even.length, true);
    out.bytes(even);
  }
  tagOut(out, SEQUENCE_END, true);
  out.uint32(0, true);
}

function isPlain(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! >= 0x80 || bytes[i] === 0x1b) return false;
  return true;
}

function isAsciiText(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

/**
 * Whether the text of a data set has to become UTF-8: it has none declared, or holds text that was set in memory or
 * comes from another character set, beyond ASCII.
 */
export function needsUtf8(dataset: Dataset, root: CharacterSet = dataset.characterSet): boolean {
  if (!dataset.has(SPECIFIC_CHARACTER_SET) && root.name === '') return true;
  for (const element of dataset) {
    const { content } = element;
    if (content.kind === 'items') {
      if (content.items().some((item) => itemNeedsUtf8(item, root))) return true;
    } else if (elementNeedsUtf8(element, root)) {
      return true;
    }
  }
  return root === utf8;
}

function itemNeedsUtf8(item: Dataset, root: CharacterSet): boolean {
  for (const element of item) {
    const { content } = element;
    const deep = content.kind === 'items' && content.items().some((inner) => itemNeedsUtf8(inner, root));
    if (deep || elementNeedsUtf8(element, root)) return true;
  }
  return false;
}

function elementNeedsUtf8(element: Element, root: CharacterSet): boolean {
  if (!vrTraits[element.vr].encoded) return false;
  const { content } = element;
  if (content.kind === 'strings') return content.values.some((value) => !isAsciiText(value));
  return content.kind === 'encoded' && !isPlain(content.bytes) && content.characterSet.name !== root.name;
}
