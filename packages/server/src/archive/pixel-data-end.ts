import { open } from 'node:fs/promises';

const ITEM = 0xe000;
const DELIMITER = 0xe0dd;
const UNDEFINED_LENGTH = 0xffffffff;

/** Where the pixel data begins, and how it is encoded. */
export interface PixelDataPlace {
  readonly offset: number;
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

/** Asks for bytes by position and length; is answered with them, or with undefined where the file ends before. */
type Walk = Generator<readonly [position: number, length: number], boolean, Buffer | undefined>;

/** Only lengths are read, never the pixels (PS3.5 §A.4 for fragments). */
function* walk(byteLength: number, { offset, explicit, littleEndian }: PixelDataPlace): Walk {
  if (offset >= byteLength) return true; // no pixel data at all
  const header = yield [offset, 12];
  if (header === undefined) return false;
  const length32 = (at: number) => (littleEndian ? header.readUInt32LE(at) : header.readUInt32BE(at));
  const length = explicit ? length32(8) : length32(4);
  const value = offset + (explicit ? 12 : 8);
  if (length !== UNDEFINED_LENGTH) return value + length <= byteLength;
  for (let at = value; ; ) {
    const item = yield [at, 8];
    if (item === undefined || item.readUInt16LE(0) !== 0xfffe) return false;
    const element = item.readUInt16LE(2);
    if (element === DELIMITER) return true;
    if (element !== ITEM) return false;
    at += 8 + item.readUInt32LE(4);
  }
}

/**
 * True when the pixel data is whole: the header of an instance can be read although its sender stopped in the middle
 * of the pixels.
 */
export async function pixelDataIsWhole(file: string, place: PixelDataPlace): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const walking = walk((await handle.stat()).size, place);
    for (let step = walking.next(); ; ) {
      if (step.done === true) return step.value;
      const [position, length] = step.value;
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, position);
      step = walking.next(bytesRead === length ? buffer : undefined);
    }
  } finally {
    await handle.close();
  }
}

/** The same from the first bytes of a file of `byteLength`; undefined where they do not tell. */
export function pixelDataIsWholeIn(
  head: Uint8Array,
  byteLength: number,
  place: PixelDataPlace,
): boolean | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const walking = walk(byteLength, place);
  for (let step = walking.next(); ; ) {
    if (step.done === true) return step.value;
    const [position, length] = step.value;
    if (position + length > bytes.length && position + length <= byteLength) return undefined;
    step = walking.next(
      position + length > byteLength ? undefined : bytes.subarray(position, position + length),
    );
  }
}
