import type { FileHandle } from 'node:fs/promises';
import { DimseError } from '../errors.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../implementation.ts';

/** The part of a file's meta information (PS3.10 section 7.1) that storing needs. */
export interface FileIdentity {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
}

const PREAMBLE_BYTES = 128;
const MAGIC = 'DICM';

/** VRs whose explicit form has two reserved bytes and a 32 bit length (PS3.5 7.1.2). */
const LONG_VRS = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

/** Meta information is a few hundred bytes; private information in it may be larger. */
const MAX_META_BYTES = 1024 * 1024;
const FIRST_READ = 4096;

/** Preamble, `DICM` and meta information for a data set that will stand behind them. */
export function encodeFileMeta(identity: FileIdentity & { readonly sourceAeTitle?: string }): Buffer {
  const elements = [
    element(0x0001, 'OB', Buffer.from([0, 1])),
    element(0x0002, 'UI', padded(identity.sopClassUid, '\0')),
    element(0x0003, 'UI', padded(identity.sopInstanceUid, '\0')),
    element(0x0010, 'UI', padded(identity.transferSyntaxUid, '\0')),
    element(0x0012, 'UI', padded(IMPLEMENTATION_CLASS_UID, '\0')),
    element(0x0013, 'SH', padded(IMPLEMENTATION_VERSION_NAME, ' ')),
  ];
  if (identity.sourceAeTitle !== undefined) {
    elements.push(element(0x0016, 'AE', padded(identity.sourceAeTitle, ' ')));
  }
  const body = Buffer.concat(elements);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  const head = [Buffer.alloc(PREAMBLE_BYTES), Buffer.from(MAGIC), element(0x0000, 'UL', length)];
  return Buffer.concat([...head, body]);
}

function element(number: number, vr: string, value: Buffer): Buffer {
  const isLong = LONG_VRS.has(vr);
  const header = Buffer.alloc(isLong ? 12 : 8);
  header.writeUInt16LE(0x0002, 0);
  header.writeUInt16LE(number, 2);
  header.write(vr, 4, 'latin1');
  if (isLong) header.writeUInt32LE(value.length, 8);
  else header.writeUInt16LE(value.length, 6);
  return Buffer.concat([header, value]);
}

const padded = (text: string, pad: string) =>
  Buffer.from(text.length % 2 === 0 ? text : text + pad, 'latin1');

/** The identity of a Part 10 file and the position at which its data set begins. */
export interface FileHead extends FileIdentity {
  readonly dataSetOffset: number;
}

/**
 * Reads the meta information at the start of a file. A group length that is missing or wrong does not matter: the
 * group ends where another begins.
 */
export async function readFileHead(file: FileHandle, where: string): Promise<FileHead> {
  for (let size = FIRST_READ; ; size *= 8) {
    const buffer = Buffer.alloc(size);
    const { bytesRead } = await file.read(buffer, 0, size, 0);
    const head = parseFileHead(buffer.subarray(0, bytesRead), bytesRead < size, where);
    if (head !== undefined) return head;
    if (size >= MAX_META_BYTES)
      throw unreadable(where, 'meta information of reasonable length', 'more than 1 MiB');
  }
}

/** Undefined where more bytes are needed; DIMSE_FILE_UNREADABLE where no bytes would help. */
export function parseFileHead(bytes: Buffer, isWhole: boolean, where: string): FileHead | undefined {
  const start = PREAMBLE_BYTES + MAGIC.length;
  if (bytes.length < start && !isWhole) return undefined;
  if (bytes.toString('latin1', PREAMBLE_BYTES, start) !== MAGIC) {
    throw unreadable(where, 'a DICOM Part 10 file', 'no DICM prefix at byte 128');
  }
  const values = new Map<number, string>();
  let at = start;
  for (;;) {
    if (at + 8 > bytes.length) {
      if (isWhole) throw unreadable(where, 'a data set behind the meta information', 'the end of the file');
      return undefined;
    }
    if (bytes.readUInt16LE(at) !== 0x0002) break;
    const number = bytes.readUInt16LE(at + 2);
    const isLong = LONG_VRS.has(bytes.toString('latin1', at + 4, at + 6));
    if (isLong && at + 12 > bytes.length) {
      if (isWhole) throw unreadable(where, 'whole meta information', 'the end of the file');
      return undefined;
    }
    const length = isLong ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6);
    const valueAt = at + (isLong ? 12 : 8);
    if (length > MAX_META_BYTES) throw unreadable(where, 'meta information', `an element of ${length} bytes`);
    values.set(number, bytes.toString('latin1', valueAt, valueAt + length).replace(/[\0 ]+$/, ''));
    at = valueAt + length;
  }
  const [sopClassUid, sopInstanceUid, transferSyntaxUid] = [0x0002, 0x0003, 0x0010].map((n) => values.get(n));
  if (!sopClassUid || !sopInstanceUid || !transferSyntaxUid) {
    throw unreadable(
      where,
      'SOP class, SOP instance and transfer syntax UID in the meta information',
      'none',
    );
  }
  return { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSetOffset: at };
}

function unreadable(where: string, expected: string, found: string): DimseError {
  return new DimseError('DIMSE_FILE_UNREADABLE', 'The file cannot be sent.', {
    where,
    expected,
    found,
    remedy: 'Send only DICOM Part 10 files.',
  });
}
