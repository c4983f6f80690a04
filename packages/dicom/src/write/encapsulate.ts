import type { Fragments } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';

/**
 * Frames as encapsulated pixel data, one fragment per frame, with a Basic Offset Table (PS3.5 annex A.4). The table is
 * left empty where an offset would not fit its 32 bits.
 */
export function encapsulate(frames: readonly Uint8Array[]): Fragments {
  const offsets: number[] = [];
  let at = 0;
  const fragments = frames.map((frame) => {
    if (frame.length === 0) {
      throw dicomError('DICOM_VALUE_INVALID', 'A compressed frame is empty', { where: '(7FE0,0010)' });
    }
    offsets.push(at);
    at += 8 + frame.length + (frame.length % 2);
    return frame;
  });
  if (at > 0xffffffff) return { offsetTable: new Uint8Array(0), fragments };
  const table = new DataView(new ArrayBuffer(4 * offsets.length));
  for (const [index, offset] of offsets.entries()) table.setUint32(index * 4, offset, true);
  return { offsetTable: new Uint8Array(table.buffer), fragments };
}
