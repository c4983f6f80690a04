import { createHash } from 'node:crypto';

/** File meta information is a few hundred bytes; more than this is not one. */
const LONGEST_META = 64 * 1024;
const PREAMBLE = 132;
/** VRs with a 32-bit length in explicit VR, PS3.5 §7.1.2. */
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const TRANSFER_SYNTAX = 0x0010;

type Meta = { readonly end: number; readonly transferSyntaxUid: string };

/**
 * SHA-256 over transfer syntax and data set of a Part 10 file, fed in pieces. File meta information is left out:
 * every sender writes it anew (PS3.10 §7.1), so it does not tell one instance from another.
 */
export function contentHasher(): { update(chunk: Uint8Array): void; digest(): string } {
  const digest = createHash('sha256');
  let head: Buffer | undefined = Buffer.alloc(0);

  function begin(meta: Meta, bytes: Buffer): void {
    digest.update(`${meta.transferSyntaxUid}\0`);
    digest.update(bytes.subarray(meta.end));
    head = undefined;
  }

  return {
    update(chunk) {
      if (head === undefined) {
        digest.update(chunk);
        return;
      }
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      head = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
      const meta = readMeta(head);
      if (meta !== undefined) begin(meta, head);
      else if (head.length > LONGEST_META) begin({ end: 0, transferSyntaxUid: '' }, head);
      // The caller may use its memory again.
      else if (head === bytes) head = Buffer.from(bytes);
    },
    digest() {
      // A file that ends inside its meta information has no data set; it is hashed as it is and refused later.
      if (head !== undefined) begin({ end: 0, transferSyntaxUid: '' }, head);
      return digest.digest('hex');
    },
  };
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
