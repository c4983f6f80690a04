import { PhotopeakError } from '@photopeak/imaging';

/** Minimal lower layer protocol (HL7 v2 transport): `VT message FS CR`. */
export const VT = 0x0b;
export const FS = 0x1c;
export const CR = 0x0d;
const LF = 0x0a;
/** Room for an acknowledgement. */
const FIRST_BYTES = 1024;
/** What is kept of a message that is too large: its header, to answer it. */
const HEAD_BYTES = 4096;

export function frame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(message.length + 3);
  framed[0] = VT;
  framed.set(message, 1);
  framed[message.length + 1] = FS;
  framed[message.length + 2] = CR;
  return framed;
}

export type FrameEvent =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** The message is larger than allowed; its first bytes, which hold the header. The stream cannot go on. */
  | { readonly kind: 'too-large'; readonly head: Uint8Array };

export interface FrameReader {
  /** @throws PhotopeakError MLLP_NOT_FRAMED where something else than a frame begins. */
  push(chunk: Uint8Array): FrameEvent[];
  /** A frame has begun and not ended. */
  readonly isInside: boolean;
}

/**
 * Cuts a stream into messages. Between frames only line ends are let pass, which some senders add; the CR after FS
 * may be missing. Memory is bounded by `maximumBytes`.
 */
export function createFrameReader(maximumBytes: number): FrameReader {
  /** What has come of the frame that is open; it grows by doubling, so that single bytes cost no more than chunks. */
  let buffer: Uint8Array | undefined;
  let length = 0;

  function append(part: Uint8Array): void {
    let target = buffer ?? new Uint8Array(FIRST_BYTES);
    if (length + part.length > target.length) {
      const larger = new Uint8Array(Math.max(target.length * 2, length + part.length));
      larger.set(target.subarray(0, length));
      target = larger;
    }
    target.set(part, length);
    length += part.length;
    buffer = target;
  }

  return {
    get isInside() {
      return buffer !== undefined;
    },
    push(chunk) {
      const events: FrameEvent[] = [];
      let position = 0;
      while (position < chunk.length) {
        if (buffer === undefined) {
          const byte = chunk[position]!;
          position += 1;
          if (byte === VT) {
            buffer = new Uint8Array(FIRST_BYTES);
            length = 0;
          } else if (byte !== CR && byte !== LF) {
            throw new PhotopeakError('the peer does not speak MLLP', {
              code: 'MLLP_NOT_FRAMED',
              expected: 'a byte 0x0B before each message',
              found: `0x${byte.toString(16).padStart(2, '0')}`,
              remedy: 'set the connection of the peer to MLLP (also called LLP), and TLS alike on both sides',
            });
          }
          continue;
        }
        const end = chunk.indexOf(FS, position);
        const part = chunk.subarray(position, end < 0 ? chunk.length : end);
        if (length + part.length > maximumBytes) {
          const head = Buffer.concat([buffer.subarray(0, length), part]).subarray(0, HEAD_BYTES);
          buffer = undefined;
          return [...events, { kind: 'too-large', head }];
        }
        append(part);
        if (end < 0) break;
        events.push({ kind: 'message', bytes: buffer.slice(0, length) });
        buffer = undefined;
        position = end + 1;
      }
      return events;
    },
  };
}
