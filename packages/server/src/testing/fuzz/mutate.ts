import type { Random } from './target.ts';

/** Bytes by which lengths, flags and types go wrong. */
const EDGES = [0x00, 0x01, 0x02, 0x03, 0x7f, 0x80, 0xfe, 0xff];
const LENGTHS = [0, 1, 8, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/**
 * Some bytes changed, cut out, repeated, put in from another input, or left off; numbers made extreme; words of the
 * format put in, once or a thousand times.
 */
export function mutate(
  input: Uint8Array,
  other: Uint8Array,
  target: { readonly tokens: readonly Uint8Array[]; readonly largestBytes: number },
  random: Random,
): Buffer {
  let bytes = Buffer.from(input);
  const splice = (at: number, remove: number, ...put: Uint8Array[]) => {
    bytes = Buffer.concat([bytes.subarray(0, at), ...put, bytes.subarray(at + remove)]);
  };
  for (let times = 1 + random(6); times > 0; times--) {
    const at = random(bytes.length + 1);
    const token = target.tokens[random(target.tokens.length)]!;
    switch (random(11)) {
      case 0:
      case 1:
        if (at < bytes.length) bytes[at] = random(256);
        break;
      case 2:
        bytes.fill(EDGES[random(EDGES.length)]!, at, Math.min(bytes.length, at + 1 + random(4)));
        break;
      case 3:
        splice(at, 1 + random(64));
        break;
      case 4: {
        const part = bytes.subarray(at, at + 1 + random(200));
        splice(at, 0, ...Array.from({ length: 1 + random(40) }, () => part));
        break;
      }
      case 5: {
        const from = random(other.length + 1);
        splice(at, random(32), other.subarray(from, from + 1 + random(256)));
        break;
      }
      case 6: {
        const length = LENGTHS[random(LENGTHS.length)]!;
        if (at + 4 <= bytes.length)
          random(2) === 0 ? bytes.writeUInt32LE(length, at) : bytes.writeUInt32BE(length, at);
        break;
      }
      case 7:
        if (at + 2 <= bytes.length) bytes.writeUInt16LE(LENGTHS[random(5)]! & 0xffff, at);
        break;
      case 8:
        splice(at, random(2) * token.length, token);
        break;
      case 9:
        splice(at, 0, ...Array.from({ length: 1 + random(1500) }, () => token));
        break;
      default:
        if (random(4) === 0) bytes = bytes.subarray(0, at);
    }
    if (bytes.length > target.largestBytes) bytes = bytes.subarray(0, target.largestBytes);
  }
  return bytes;
}
