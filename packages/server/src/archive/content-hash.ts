import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** File meta information is a few hundred bytes; more than this is not one. */
/** Longest meta information that is recognised. */
export const LONGEST_META = 64 * 1024;
const PREAMBLE = 132;
/** VRs with a 32-bit length in explicit VR, PS3.5 §7.1.2. */
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const TRANSFER_SYNTAX = 0x0010;
const READ_BYTES = 1024 * 1024;

type Meta = { readonly end: number; readonly transferSyntaxUid: string };

/**
 * True where two Part 10 files hold the same instance: transfer syntax and data set are equal, byte for byte. File
 * meta information is left out: every sender writes it anew (PS3.10 §7.1). Looked at only when a UID comes again, so
 * that the instances that are new, nearly all, are hashed once.
 */
export async function holdSameInstance(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([contentHash(one), contentHash(other)]);
  return first !== undefined && first === second;
}

/** SHA-256 of transfer syntax and data set; undefined where there is no file. */
async function contentHash(file: string): Promise<string | undefined> {
  const digest = createHash('sha256');
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const head = Buffer.alloc(LONGEST_META);
    const { bytesRead } = await handle.read(head, 0, LONGEST_META, 0);
    // Without meta information that ends, the file is compared as it is.
    const meta = readMeta(head.subarray(0, bytesRead)) ?? { end: 0, transferSyntaxUid: '' };
    digest.update(`${meta.transferSyntaxUid}\0`);
    for await (const chunk of handle.createReadStream({ start: meta.end, highWaterMark: READ_BYTES })) {
      digest.update(chunk as Buffer);
    }
    return digest.digest('hex');
  } finally {
    await handle.close();
  }
}

/** Length of preamble and file meta information at the beginning of a file; undefined where that cannot be told. */
export function fileMetaLength(beginning: Uint8Array): number | undefined {
  const end = readMeta(Buffer.from(beginning.buffer, beginning.byteOffset, beginning.byteLength))?.end;
  return end === 0 ? undefined : end;
}

/** Where the group 0002 ends; undefined while the end is not in `bytes` yet. */
function readMeta(bytes: Buffer): Meta | undefined {
  if (bytes.length < PREAMBLE + 8) return undefined;
  let at = bytes.toString('latin1', 128, 132) === 'DICM' ? PREAMBLE : 0;
  let transferSyntaxUid = '';
  for (;;) {
    if (at + 12 > bytes.length) return undefined;
    if (bytes.readUInt16LE(at) !== 0x0002) return { end: at, transferSyntaxUid };
    const element = bytes.readUInt16LE(at + 2);
    const long = LONG.has(bytes.toString('latin1', at + 4, at + 6));
    const length = long ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6);
    const value = at + (long ? 12 : 8);
    if (value + length > LONGEST_META) return { end: 0, transferSyntaxUid: '' };
    if (value + length > bytes.length) return undefined;
    if (element === TRANSFER_SYNTAX) {
      transferSyntaxUid = bytes.toString('latin1', value, value + length).replace(/[\0 ]+$/, '');
    }
    at = value + length;
  }
}
