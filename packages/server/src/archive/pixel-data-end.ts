import { type FileHandle, open } from 'node:fs/promises';

const ITEM = 0xe000;
const DELIMITER = 0xe0dd;
const UNDEFINED_LENGTH = 0xffffffff;

/**
 * True when the pixel data that starts at `offset` is whole: the header of an instance can be read although its
 * sender stopped in the middle of the pixels. Only lengths are read, never the pixels (PS3.5 §A.4 for fragments).
 */
export async function pixelDataIsWhole(
  file: string,
  offset: number,
  encoding: { readonly explicit: boolean; readonly littleEndian: boolean },
): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (offset >= size) return true; // no pixel data at all
    const header = await read(handle, offset, 12);
    if (header === undefined) return false;
    const length32 = (at: number) =>
      encoding.littleEndian ? header.readUInt32LE(at) : header.readUInt32BE(at);
    const length = encoding.explicit ? length32(8) : length32(4);
    const value = offset + (encoding.explicit ? 12 : 8);
    if (length !== UNDEFINED_LENGTH) return value + length <= size;
    for (let at = value; ; ) {
      const item = await read(handle, at, 8);
      if (item === undefined || item.readUInt16LE(0) !== 0xfffe) return false;
      const element = item.readUInt16LE(2);
      if (element === DELIMITER) return true;
      if (element !== ITEM) return false;
      at += 8 + item.readUInt32LE(4);
    }
  } finally {
    await handle.close();
  }
}

async function read(handle: FileHandle, position: number, length: number): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return bytesRead === length ? buffer : undefined;
}
