import { defaultCharacterSet } from '../charset/index.ts';
import { Dataset } from '../data/dataset.ts';
import { candidateVrs } from '../data/dictionary.ts';
import { UID } from '../data/generated/uids.ts';
import { vrFromBytes } from '../data/vr.ts';
import { dicomError, type Finding } from '../errors/index.ts';
import {
  EXPLICIT_BIG,
  EXPLICIT_LITTLE,
  IMPLICIT_LITTLE,
  type Inherited,
  ReadContext,
  type Syntax,
} from './context.ts';
import { readTag } from './header.ts';
import { indexElements } from './index-elements.ts';
import { inflateDataset } from './inflate.ts';
import { defaultReadLimits, type ReadLimits } from './limits.ts';
import { ParsedElements } from './parsed-elements.ts';

export interface ParseOptions {
  /** Leave the pixel data out; the bytes may then end anywhere inside it. */
  readonly stopBeforePixelData?: boolean;
  readonly limits?: Partial<ReadLimits>;
  /** Keep a copy of the bytes up to where reading ended instead of a view, so that a buffer can be used again. */
  readonly copy?: boolean;
}

export interface ParsedFile {
  /** File meta information, group 0002; empty for a data set without. */
  readonly meta: Dataset;
  readonly dataset: Dataset;
  /** As declared, or as found where none is declared. */
  readonly transferSyntaxUid: string;
  /** Irregularities that did not stop the reading; sequences add theirs when they are first used. */
  readonly findings: readonly Finding[];
  /** Offset in the file where the walk ended: the pixel data when that was left out. */
  readonly end: number;
}

const ROOT: Inherited = { characterSet: defaultCharacterSet, signed: false, depth: 0 };
const PREAMBLE = 128;
const PIXEL_DATA = 0x7fe00010;

/** Pixel Data, Float Pixel Data and Double Float Pixel Data, and their offset tables. */
function isPixelData(tag: number): boolean {
  return tag >>> 16 === 0x7fe0 && (tag & 0xffff) !== 0;
}

function hasMagic(bytes: Uint8Array, at: number): boolean {
  return (
    bytes.length >= at + 4 &&
    bytes[at] === 0x44 &&
    bytes[at + 1] === 0x49 &&
    bytes[at + 2] === 0x43 &&
    bytes[at + 3] === 0x4d
  );
}

/**
 * Reads a DICOM file (PS3.10 section 7), with or without preamble and file meta information. Only the top level is
 * walked; values and sequences are decoded when they are used, from views on `bytes`, which must not change
 * unless `copy` is set.
 *
 * @throws PhotopeakError DICOM_NOT_DICOM, DICOM_TRUNCATED, DICOM_MALFORMED, DICOM_NESTING_TOO_DEEP, DICOM_TOO_LARGE,
 * with tag and offset. Accessing a damaged sequence later throws the same.
 */
export function parsePart10(bytes: Uint8Array, options: ParseOptions = {}): ParsedFile {
  const limits = { ...defaultReadLimits, ...options.limits };
  if (bytes.length > limits.maxBytes) {
    throw dicomError('DICOM_TOO_LARGE', 'The file is larger than the limit', {
      expected: `at most ${limits.maxBytes} bytes`,
      found: `${bytes.length} bytes`,
    });
  }
  const findings: Finding[] = [];
  const context = new ReadContext(bytes, limits, findings);
  const start = hasMagic(bytes, PREAMBLE) ? PREAMBLE + 4 : hasMagic(bytes, 0) ? 4 : 0;
  const { meta, end: datasetStart } = readMeta(context, start);
  const declared = meta.text('TransferSyntaxUID');
  if (start === 0 && datasetStart === 0 && !looksLikeDataset(bytes)) {
    throw dicomError('DICOM_NOT_DICOM', 'The bytes are not a DICOM file', {
      expected: 'the letters DICM at byte 128, or a data set that starts with group 0002 or 0008',
      found: `${bytes.length} bytes of something else`,
    });
  }
  if (declared === undefined) {
    findings.push({ code: 'DICOM_META_INVALID', message: 'The file does not say its transfer syntax' });
  }
  return readDataset(context, datasetStart, declared, meta, options);
}

/** Reads a bare data set, as it comes over the network. */
export function parseDataset(
  bytes: Uint8Array,
  options: ParseOptions & { readonly transferSyntaxUid?: string } = {},
): ParsedFile {
  const context = new ReadContext(bytes, { ...defaultReadLimits, ...options.limits }, []);
  return readDataset(context, 0, options.transferSyntaxUid, new Dataset(), options);
}

function readDataset(
  context: ReadContext,
  start: number,
  declared: string | undefined,
  meta: Dataset,
  options: ParseOptions,
): ParsedFile {
  const { findings, limits } = context;
  let body = context;
  let from = start;
  if (declared === UID.DeflatedExplicitVRLittleEndian) {
    body = new ReadContext(inflateDataset(context.bytes.subarray(start), limits), limits, findings, true);
    from = 0;
  }
  const syntax = syntaxOf(body, from, declared);
  const { offsets, end } = indexElements(body, syntax, from, body.bytes.length, {
    depth: 0,
    lenientAfter: PIXEL_DATA,
    ...(options.stopBeforePixelData === true ? { stopBefore: isPixelData } : {}),
  });
  if (options.copy === true) context.detach(body === context ? end : start);
  const elements = new ParsedElements(
    body,
    syntax,
    { start: from, end: Math.min(end, body.bytes.length), offsets },
    ROOT,
  );
  // Asked for once, so that unknown character sets are among the findings.
  elements.characterSet;
  return {
    meta,
    dataset: new Dataset(elements),
    transferSyntaxUid: declared ?? uidOf(syntax),
    findings,
    end,
  };
}

/** File meta information: explicit little endian; its group length is not needed and often wrong, so it is not used. */
function readMeta(context: ReadContext, start: number): { meta: Dataset; end: number } {
  const { bytes } = context;
  if (start + 8 > bytes.length || bytes[start] !== 0x02 || bytes[start + 1] !== 0x00) {
    return { meta: new Dataset(), end: start };
  }
  const explicit = vrFromBytes(bytes[start + 4]!, bytes[start + 5]!) !== undefined;
  if (!explicit) {
    context.report('DICOM_META_INVALID', 'The file meta information is in implicit VR', 0x00020000, start);
  }
  const syntax = explicit ? EXPLICIT_LITTLE : IMPLICIT_LITTLE;
  const { offsets, end } = indexElements(context, syntax, start, bytes.length, {
    depth: 0,
    stopBefore: (tag) => tag >>> 16 !== 0x0002,
  });
  return { meta: new Dataset(new ParsedElements(context, syntax, { start, end, offsets }, ROOT)), end };
}

function declaredSyntax(uid: string | undefined): Syntax | undefined {
  switch (uid) {
    case undefined:
      return undefined;
    case UID.ImplicitVRLittleEndian:
      return IMPLICIT_LITTLE;
    case UID.ExplicitVRBigEndian:
      return EXPLICIT_BIG;
    default:
      return EXPLICIT_LITTLE;
  }
}

function uidOf(syntax: Syntax): string {
  if (!syntax.explicit) return UID.ImplicitVRLittleEndian;
  return syntax.littleEndian ? UID.ExplicitVRLittleEndian : UID.ExplicitVRBigEndian;
}

/** The encoding that the first element shows, which wins over the declared one: some writers declare another. */
function syntaxOf(context: ReadContext, start: number, uid: string | undefined): Syntax {
  const { bytes } = context;
  const declared = declaredSyntax(uid);
  if (start + 8 > bytes.length) return declared ?? EXPLICIT_LITTLE;
  const explicit = vrFromBytes(bytes[start + 4]!, bytes[start + 5]!) !== undefined;
  const littleEndian = !looksBigEndian(bytes, start);
  if (declared?.explicit === explicit && declared.littleEndian === littleEndian) return declared;
  // Implicit big endian is not DICOM; what is not readable as explicit big endian is taken as declared.
  if (!explicit && !littleEndian) return declared ?? IMPLICIT_LITTLE;
  const found = explicit ? (littleEndian ? EXPLICIT_LITTLE : EXPLICIT_BIG) : IMPLICIT_LITTLE;
  if (declared !== undefined) {
    const tag = readTag(bytes, start, found.littleEndian);
    context.report(
      'DICOM_TRANSFER_SYNTAX_MISMATCH',
      `The data set is encoded as ${uidOf(found)}, not as declared`,
      tag,
      start,
    );
  }
  return found;
}

/** Groups of a data set start low: 0008 is 08 00 in little and 00 08 in big endian. */
function looksBigEndian(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at]!;
  const second = bytes[at + 1]!;
  return first === 0 && second !== 0 && second < 0x80;
}

/** A first element that the dictionary knows, in a group data sets start with. */
function looksLikeDataset(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const tag = readTag(bytes, 0, !looksBigEndian(bytes, 0));
  const group = tag >>> 16;
  return (group === 0x0002 || group === 0x0008) && candidateVrs(tag) !== undefined;
}
