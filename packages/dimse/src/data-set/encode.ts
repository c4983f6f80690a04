import { DimseError } from '../errors.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';

/** One element of a small data set: text, unsigned shorts, bytes as they are, or the items of a sequence. */
export interface Attribute {
  /** Group and element as one number, `0x00080052`. */
  readonly tag: number;
  readonly vr: string;
  readonly value: string | number | Uint8Array | readonly (readonly Attribute[])[];
}

/** VRs whose explicit form has two reserved bytes and a 32 bit length (PS3.5 7.1.2). */
export const LONG_VRS: ReadonlySet<string> = new Set([
  ...['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'],
]);

const MAX_SHORT_LENGTH = 0xffff;

/**
 * The bytes of a small data set in implicit or explicit little endian: what the services of this package say of
 * themselves (failed instances, references). Text is UTF-8; elements are put in the order of their tags.
 */
export function encodeDataSet(attributes: readonly Attribute[], transferSyntaxUid: string): Buffer {
  const isExplicit = transferSyntaxUid === TRANSFER_SYNTAX.explicitLittleEndian;
  if (!isExplicit && transferSyntaxUid !== TRANSFER_SYNTAX.implicitLittleEndian) {
    throw new DimseError('DIMSE_ARGUMENT', 'A data set of a service cannot be written in this syntax.', {
      expected: 'implicit or explicit VR little endian',
      found: transferSyntaxUid,
    });
  }
  const sorted = [...attributes].sort((a, b) => a.tag - b.tag);
  return Buffer.concat(sorted.map((attribute) => encodeAttribute(attribute, isExplicit)));
}

function encodeAttribute({ tag, vr, value }: Attribute, isExplicit: boolean): Buffer {
  const bytes = encodeValue(vr, value, isExplicit);
  const isLong = LONG_VRS.has(vr);
  const header = Buffer.alloc(isExplicit && isLong ? 12 : 8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  if (!isExplicit) header.writeUInt32LE(bytes.length, 4);
  else {
    header.write(vr, 4, 'latin1');
    if (isLong) header.writeUInt32LE(bytes.length, 8);
    else if (bytes.length <= MAX_SHORT_LENGTH) header.writeUInt16LE(bytes.length, 6);
    else {
      throw new DimseError('DIMSE_ARGUMENT', 'A value is too long for its VR.', {
        expected: `at most ${MAX_SHORT_LENGTH} bytes of ${vr}`,
        found: `${bytes.length} bytes`,
      });
    }
  }
  return Buffer.concat([header, bytes]);
}

function encodeValue(vr: string, value: Attribute['value'], isExplicit: boolean): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return bytes;
  }
  if (typeof value === 'string') {
    const bytes = Buffer.from(value, 'utf8');
    return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
  }
  if (value instanceof Uint8Array) return Buffer.from(value);
  return Buffer.concat(value.map((item) => encodeItem(item, isExplicit)));
}

function encodeItem(item: readonly Attribute[], isExplicit: boolean): Buffer {
  const { explicitLittleEndian, implicitLittleEndian } = TRANSFER_SYNTAX;
  const content = encodeDataSet(item, isExplicit ? explicitLittleEndian : implicitLittleEndian);
  const header = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content]);
}
