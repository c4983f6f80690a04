import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const FAST = 3;

/** A PNG file of 8 bits, grey or RGB (W3C PNG §11). */
export function encodePng(bytes: Uint8Array, columns: number, rows: number, samples: 1 | 3): Buffer {
  const stride = columns * samples;
  // Filter 1 (difference to the left neighbour) halves the size of smooth pictures.
  const lines = Buffer.alloc((stride + 1) * rows);
  for (let y = 0; y < rows; y++) {
    const line = y * (stride + 1);
    lines[line] = 1;
    for (let x = 0; x < stride; x++) {
      const left = x < samples ? 0 : bytes[y * stride + x - samples]!;
      lines[line + 1 + x] = (bytes[y * stride + x]! - left) & 0xff;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(columns, 0);
  head.writeUInt32BE(rows, 4);
  head[8] = 8;
  head[9] = samples === 3 ? 2 : 0;
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(lines, { level: FAST })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
