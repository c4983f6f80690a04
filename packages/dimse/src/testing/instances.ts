import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeFileMeta, type FileIdentity } from '../files/file-meta.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';

export const CT = '1.2.840.10008.5.1.4.1.1.2';

/**
 * A data set in explicit little endian with a private block and `pixelBytes` of noise in rows of `columns`, as a
 * sender would have it.
 */
export function dataSetBytes(
  sopInstanceUid: string,
  pixelBytes: number,
  sopClassUid = CT,
  columns = 16,
): Buffer {
  const pixels = Buffer.alloc(12);
  pixels.writeUInt16LE(0x7fe0, 0);
  pixels.writeUInt16LE(0x0010, 2);
  pixels.write('OW', 4);
  pixels.writeUInt32LE(pixelBytes, 8);
  return Buffer.concat([
    short(0x0008, 0x0016, 'UI', sopClassUid),
    short(0x0008, 0x0018, 'UI', sopInstanceUid),
    short(0x0008, 0x0020, 'DA', '20260101'),
    short(0x0008, 0x0030, 'TM', '101500'),
    short(0x0008, 0x0050, 'SH', ''),
    short(0x0008, 0x0060, 'CS', 'CT'),
    short(0x0008, 0x0090, 'PN', ''),
    short(0x0010, 0x0010, 'PN', 'Test^Only'),
    short(0x0010, 0x0020, 'LO', 'T1'),
    short(0x0010, 0x0030, 'DA', ''),
    short(0x0010, 0x0040, 'CS', 'O'),
    short(0x0020, 0x000d, 'UI', '2.25.1001'),
    short(0x0020, 0x000e, 'UI', '2.25.1002'),
    short(0x0020, 0x0010, 'SH', '1'),
    short(0x0020, 0x0011, 'IS', '1'),
    short(0x0020, 0x0013, 'IS', '1'),
    short(0x0028, 0x0002, 'US', uint16(1)),
    short(0x0028, 0x0004, 'CS', 'MONOCHROME2'),
    short(0x0028, 0x0010, 'US', uint16(pixelBytes / 2 / columns)),
    short(0x0028, 0x0011, 'US', uint16(columns)),
    short(0x0028, 0x0100, 'US', uint16(16)),
    short(0x0028, 0x0101, 'US', uint16(16)),
    short(0x0028, 0x0102, 'US', uint16(15)),
    short(0x0028, 0x0103, 'US', uint16(0)),
    short(0x7053, 0x0010, 'LO', 'Philips PET Private Group'),
    short(0x7053, 0x1000, 'DS', '0.000123'),
    pixels,
    randomBytes(pixelBytes),
  ]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function short(group: number, element: number, vr: string, value: string | Buffer): Buffer {
  let bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  if (bytes.length % 2 === 1) bytes = Buffer.concat([bytes, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
  const header = Buffer.alloc(8);
  header.writeUInt16LE(group, 0);
  header.writeUInt16LE(element, 2);
  header.write(vr, 4, 'latin1');
  header.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([header, bytes]);
}

export interface WrittenInstance extends FileIdentity {
  readonly file: string;
  readonly dataSet: Buffer;
}

/** Writes Part 10 files with UIDs `2.25.<first>`, `2.25.<first + 1>`, … */
export async function writeInstances(
  folder: string,
  count: number,
  options: {
    readonly pixelBytes?: number;
    readonly columns?: number;
    readonly first?: number;
    readonly sopClassUid?: string;
  } = {},
): Promise<WrittenInstance[]> {
  const { pixelBytes = 8192, columns = 16, first = 5000, sopClassUid = CT } = options;
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const sopInstanceUid = `2.25.${first + index}`;
      const identity = {
        sopClassUid,
        sopInstanceUid,
        transferSyntaxUid: TRANSFER_SYNTAX.explicitLittleEndian,
      };
      const dataSet = dataSetBytes(sopInstanceUid, pixelBytes, sopClassUid, columns);
      const file = path.join(folder, `${sopInstanceUid}.dcm`);
      await writeFile(file, Buffer.concat([encodeFileMeta(identity), dataSet]));
      return { ...identity, file, dataSet };
    }),
  );
}
