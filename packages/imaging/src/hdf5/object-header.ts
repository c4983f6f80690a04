import { malformed, Reader } from './reader.ts';

/** A message of an object header: its type (HDF5 File Format Specification III.A) and where its data begin. */
export interface Message {
  readonly type: number;
  readonly at: number;
  readonly length: number;
}

const CONTINUATION = 0x10;
/** Neither a real file nor its continuations come near; a loop of continuations would. */
const MOST_MESSAGES = 4096;

/** The messages of the object header at an address, version 1 or 2. */
export function messagesAt(bytes: Uint8Array, address: number): Message[] {
  const reader = new Reader(bytes, address);
  return bytes[address] === 1 ? firstVersion(reader) : secondVersion(reader);
}

function firstVersion(reader: Reader): Message[] {
  reader.skip(8);
  const size = reader.u32();
  reader.skip(4);
  const blocks = [{ at: reader.at, end: reader.at + size }];
  return collect(reader, blocks, (block) => {
    if (block.end - reader.at < 8) return undefined;
    const type = reader.u16();
    const length = reader.u16();
    reader.skip(4);
    return { type, length };
  });
}

function secondVersion(reader: Reader): Message[] {
  reader.signature('OHDR');
  const version = reader.u8();
  if (version !== 2) throw malformed('an object header of version 1 or 2', String(version));
  const flags = reader.u8();
  if ((flags & 0x20) !== 0) reader.skip(16);
  if ((flags & 0x10) !== 0) reader.skip(4);
  const size = reader.uint(1 << (flags & 3));
  const blocks = [{ at: reader.at, end: reader.at + size }];
  const checksum = 4;
  return collect(
    reader,
    blocks,
    (block) => {
      if (block.end - reader.at < 4) return undefined;
      const type = reader.u8();
      const length = reader.u16();
      reader.skip((flags & 4) !== 0 ? 3 : 1);
      return { type, length };
    },
    (at, length) => {
      new Reader(reader.bytes, at).signature('OCHK');
      return { at: at + 4, end: at + length - checksum };
    },
  );
}

interface Block {
  readonly at: number;
  readonly end: number;
}

/** Reads blocks of messages, and those that continue them. */
function collect(
  reader: Reader,
  blocks: Block[],
  header: (block: Block) => { type: number; length: number } | undefined,
  continued: (at: number, length: number) => Block = (at, length) => ({ at, end: at + length }),
): Message[] {
  const messages: Message[] = [];
  for (let n = 0; n < blocks.length; n++) {
    const block = blocks[n]!;
    reader.at = block.at;
    for (;;) {
      const next = header(block);
      if (next === undefined) break;
      const message = { ...next, at: reader.at };
      if (message.at + message.length > block.end) break;
      reader.skip(message.length);
      if (message.type === CONTINUATION) {
        const pointer = new Reader(reader.bytes, message.at);
        const at = pointer.address();
        if (at !== undefined) blocks.push(continued(at, pointer.length()));
      } else messages.push(message);
      if (messages.length + blocks.length > MOST_MESSAGES)
        throw malformed('an object header of less than 4096 messages', 'more');
    }
  }
  return messages;
}
