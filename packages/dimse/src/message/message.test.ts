import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DimseError } from '../errors.ts';
import { PduReader } from '../pdu/index.ts';
import { Assembler, type IncomingMessage } from './assembler.ts';
import { type Command, decodeCommand, encodeCommand, MAX_COMMAND_BYTES } from './command.ts';
import { type DataSetStream, HIGH_WATER_BYTES } from './data-set-stream.ts';
import { type DataSource, fromBytes } from './data-source.ts';
import { Batches, commandPdus, fragmentBytes, outgoingDataSet, prepare, sendDataSet } from './fragmenter.ts';
import { statusCategory, statusText } from './status.ts';

function outgoing(contextId: number, source: DataSource, max: number, batches: Batches) {
  return [prepare(outgoingDataSet(contextId, source, max), batches), batches] as const;
}

const uint16 = fc.nat({ max: 65535 });
const uid = fc.stringMatching(/^[1-9](\.[1-9][0-9]{0,4}){1,9}$/);
const text = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9 ]{0,14}[A-Za-z0-9])?$/);
const tags = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 4 });

const command: fc.Arbitrary<Command> = fc.record(
  {
    commandField: uint16,
    hasDataSet: fc.boolean(),
    affectedSopClassUid: uid,
    requestedSopClassUid: uid,
    messageId: uint16,
    messageIdBeingRespondedTo: uint16,
    moveDestination: text,
    priority: uint16,
    status: uint16,
    offendingElements: tags,
    errorComment: text,
    errorId: uint16,
    affectedSopInstanceUid: uid,
    requestedSopInstanceUid: uid,
    eventTypeId: uint16,
    attributeIdentifierList: tags,
    actionTypeId: uint16,
    remainingSuboperations: uint16,
    completedSuboperations: uint16,
    failedSuboperations: uint16,
    warningSuboperations: uint16,
    moveOriginatorAeTitle: text,
    moveOriginatorMessageId: uint16,
  },
  { requiredKeys: ['commandField', 'hasDataSet'], noNullPrototype: true },
);

const noFlow = { pause() {}, resume() {} };

/** Reads PDUs back into messages, checking that none is longer than the peer allowed. */
function receive(
  stream: Buffer | readonly Buffer[],
  maxPduLength: number,
  assembler = new Assembler(() => true, noFlow),
) {
  const messages: IncomingMessage[] = [];
  const reader = new PduReader(maxPduLength, {
    pdu: () => {},
    data: () => {},
    fragment: (fragment) => {
      const message = assembler.add(fragment);
      if (message !== undefined) messages.push(message);
    },
    invalid: (error) => {
      throw error;
    },
  });
  for (const chunk of Buffer.isBuffer(stream) ? [stream] : stream) reader.push(chunk);
  return messages;
}

/** As a consumer that writes the pieces away does. */
async function copied(dataSet: DataSetStream): Promise<Buffer> {
  const read: Buffer[] = [];
  for await (const pieces of dataSet) {
    read.push(Buffer.concat(pieces));
    dataSet.release(pieces);
  }
  return Buffer.concat(read);
}

async function collect(chunks: AsyncIterable<readonly Buffer[]>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const pieces of chunks) all.push(...pieces);
  return Buffer.concat(all);
}

function pduLengths(stream: Buffer): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < stream.length; at += 6 + lengths.at(-1)!) lengths.push(stream.readUInt32BE(at + 2));
  return lengths;
}

describe('command sets', () => {
  it('read as they were written', () => {
    fc.assert(
      fc.property(command, (value) => {
        const bytes = encodeCommand(value);
        expect(bytes.length % 2).toBe(0);
        expect(decodeCommand(bytes)).toEqual(value);
      }),
    );
  });

  it('never throw anything but a DimseError on garbage', () => {
    fc.assert(
      fc.property(command, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }))), (value, flips) => {
        const bytes = encodeCommand(value);
        for (const [at, flip] of flips) bytes[at % bytes.length] = flip;
        try {
          decodeCommand(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DimseError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('carry an error comment of at most 64 characters', () => {
    const long = encodeCommand({ commandField: 0x8001, hasDataSet: false, errorComment: 'x'.repeat(100) });
    expect(decodeCommand(long).errorComment).toHaveLength(64);
  });
});

describe('messages', () => {
  it('fit the maximum of the peer, whatever it is, and come together again', async () => {
    const cases = fc.tuple(
      fc.integer({ min: 128, max: 70_000 }),
      fc.uint8Array({ minLength: 0, maxLength: 5000 }),
      command,
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([max, bytes, value]) => {
        const sent: Buffer[] = [commandPdus(5, encodeCommand({ ...value, hasDataSet: true }), max)];
        await sendDataSet(...outgoing(5, fromBytes(bytes), max, new Batches()), async (pdus) => {
          sent.push(Buffer.from(pdus));
        });
        const stream = Buffer.concat(sent);
        expect(Math.max(...pduLengths(stream))).toBeLessThanOrEqual(max);
        const [message] = receive(stream, max);
        expect(message?.contextId).toBe(5);
        expect(message?.command).toEqual({ ...value, hasDataSet: true });
        const padding = Buffer.alloc(bytes.length % 2);
        expect(await collect(message!.dataSet!)).toEqual(Buffer.concat([bytes, padding]));
      }),
    );
  });

  it('are sent in several batches when they are large, with the last flag only once', async () => {
    const bytes = Buffer.alloc(3_000_001, 7);
    for (const max of [0, 16384, 131072]) {
      const sent: Buffer[] = [];
      await sendDataSet(...outgoing(1, fromBytes(bytes), max, new Batches()), async (pdus) => {
        sent.push(Buffer.from(pdus));
      });
      const stream = Buffer.concat(sent);
      let content = 0;
      const flags: number[] = [];
      for (let at = 0; at < stream.length; at += 6 + stream.readUInt32BE(at + 2)) {
        content += stream.readUInt32BE(at + 2) - 6;
        flags.push(stream[at + 11]!);
      }
      expect(content).toBe(bytes.length + 1);
      expect(flags.filter((flag) => flag === 2)).toHaveLength(1);
      expect(flags.at(-1)).toBe(2);
      expect(fragmentBytes(max) % 2).toBe(0);
    }
  });

  it('use the same memory again, and only when the peer has it', async () => {
    const batches = new Batches();
    const sent: Buffer[] = [];
    const send = async (pdus: Buffer) => {
      sent.push(pdus);
    };
    for (let i = 0; i < 3; i += 1)
      await sendDataSet(...outgoing(1, fromBytes(Buffer.alloc(3000, i)), 0, batches), send);
    expect(new Set(sent.map(({ buffer }) => buffer)).size).toBe(1);
    const large = Buffer.from(Array.from({ length: 4_000_000 }, (_, i) => i % 251));
    const copies: Buffer[] = [];
    await sendDataSet(...outgoing(1, fromBytes(large), 0, batches), async (pdus) => {
      // A slow peer: the bytes are taken only after the next batch has been read.
      await new Promise((resolve) => setTimeout(resolve, 5));
      copies.push(Buffer.from(pdus));
    });
    const [message] = receive(
      Buffer.concat([
        commandPdus(1, encodeCommand({ commandField: 1, messageId: 1, hasDataSet: true }), 0),
        ...copies,
      ]),
      1 << 20,
    );
    expect((await collect(message!.dataSet!)).equals(large)).toBe(true);
  });

  it('give back the memory of what was read, and never that of another message', async () => {
    const cases = fc.tuple(
      fc.array(fc.uint8Array({ minLength: 0, maxLength: 3000 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 128, max: 600 }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([dataSets, cuts, max]) => {
        const sent: Buffer[] = [];
        const value: Command = { commandField: 1, messageId: 1, hasDataSet: true };
        for (const bytes of dataSets) {
          sent.push(commandPdus(1, encodeCommand(value), max));
          await sendDataSet(...outgoing(1, fromBytes(bytes), max, new Batches()), async (pdus) => {
            sent.push(Buffer.from(pdus));
          });
        }
        const stream = Buffer.concat(sent);
        const chunks: Buffer[] = [];
        for (let at = 0; at < stream.length; at += chunks.at(-1)!.length) {
          const size = cuts[chunks.length % cuts.length]!;
          chunks.push(Buffer.from(new Uint8Array(stream.subarray(at, at + size)).buffer));
        }
        const messages = receive(chunks, max);
        expect(messages).toHaveLength(dataSets.length);
        for (const [index, { dataSet }] of messages.entries()) {
          const bytes = dataSets[index]!;
          const padding = Buffer.alloc(bytes.length % 2);
          expect(await copied(dataSet!)).toEqual(Buffer.concat([bytes, padding]));
        }
        // Chunks that lie inside one data set are gone: those after its command and before its end.
        const isLong = dataSets.length === 1 && dataSets[0]!.length > 2500;
        if (isLong && cuts.every((cut) => cut < 500)) {
          expect(chunks.some(({ buffer }) => (buffer as ArrayBuffer).detached)).toBe(true);
        }
      }),
    );
  });

  it('give back memory while they arrive', async () => {
    const bytes = Buffer.from(Array.from({ length: 2_000_000 }, (_, i) => (i * 7) % 251));
    const sent = [commandPdus(1, encodeCommand({ commandField: 1, messageId: 1, hasDataSet: true }), 16384)];
    await sendDataSet(...outgoing(1, fromBytes(bytes), 16384, new Batches()), async (pdus) => {
      sent.push(Buffer.from(pdus));
    });
    const stream = Buffer.concat(sent);
    const assembler = new Assembler(() => true, noFlow);
    let reading: Promise<Buffer> | undefined;
    const reader = new PduReader(16384, {
      pdu: () => {},
      data: () => {},
      fragment: (fragment) => {
        const message = assembler.add(fragment);
        if (message !== undefined) reading = copied(message.dataSet!);
      },
      invalid: (error) => {
        throw error;
      },
    });
    const chunks: ArrayBuffer[] = [];
    for (let at = 0; at < stream.length; at += 60_001) {
      const chunk = Buffer.from(new Uint8Array(stream.subarray(at, at + 60_001)).buffer);
      chunks.push(chunk.buffer);
      reader.push(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await reading!).equals(bytes)).toBe(true);
    const kept = chunks.flatMap((chunk, index) => (chunk.detached ? [] : [index]));
    expect(kept).toEqual([0, chunks.length - 1]);
  });

  it('stop the socket when nobody reads them and start it again when somebody does', async () => {
    const calls: string[] = [];
    const flow = { pause: () => calls.push('pause'), resume: () => calls.push('resume') };
    const assembler = new Assembler(() => true, flow);
    const value: Command = { commandField: 1, messageId: 1, hasDataSet: true };
    const [message] = receive(commandPdus(1, encodeCommand(value), 0), 65536, assembler);
    const bytes = Buffer.alloc(HIGH_WATER_BYTES);
    const piece = { contextId: 1, isCommand: false, isComplete: true };
    assembler.add({ ...piece, isLast: false, bytes });
    expect(calls).toEqual([]);
    assembler.add({ ...piece, isLast: false, bytes: Buffer.alloc(2) });
    expect(calls).toEqual(['pause']);
    expect(assembler.isPaused).toBe(true);
    const reading = collect(message!.dataSet!);
    await new Promise(setImmediate);
    expect(calls).toEqual(['pause', 'resume']);
    assembler.add({ ...piece, isLast: true, bytes: Buffer.alloc(2) });
    expect(await reading).toHaveLength(HIGH_WATER_BYTES + 4);
    expect(assembler.isMidMessage).toBe(false);
  });

  it('refuse what is out of order', () => {
    const piece = { contextId: 1, isComplete: true, isLast: true };
    const bytes = encodeCommand({ commandField: 1, messageId: 1, hasDataSet: true });
    const data = () => ({ ...piece, isCommand: false, bytes: Buffer.alloc(4) });
    const start = () => new Assembler((id) => id < 9, noFlow);
    expect(() => start().add(data())).toThrow(/order/);
    expect(() => start().add({ ...data(), contextId: 9 })).toThrow(/order/);
    const inside = start();
    inside.add({ ...piece, isCommand: true, bytes });
    expect(() => inside.add({ ...piece, isCommand: true, bytes })).toThrow(/order/);
    expect(() => inside.add({ ...data(), contextId: 3 })).toThrow(/order/);
    const endless = start();
    const part = { ...piece, isCommand: true, isLast: false, bytes: Buffer.alloc(MAX_COMMAND_BYTES / 2) };
    endless.add(part);
    endless.add(part);
    expect(() => endless.add(part)).toThrow(/too long/);
  });
});

describe('status values', () => {
  it('fall into the categories of PS3.7 annex C', () => {
    expect([0, 0xff00, 0xff01, 0xfe00].map(statusCategory)).toEqual([
      'success',
      'pending',
      'pending',
      'cancel',
    ]);
    expect([0xb000, 0xb006, 0xb007, 0x0107, 0x0116].map(statusCategory)).toEqual(Array(5).fill('warning'));
    expect([0xa700, 0xa900, 0xc000, 0x0110, 0x0122].map(statusCategory)).toEqual(Array(5).fill('failure'));
  });

  it('read as words with their code', () => {
    expect(statusText(0xa700)).toBe('refused: out of resources (A700)');
    expect(statusText(0xa7ff)).toBe('refused: out of resources (A7FF)');
    expect(statusText(0xc001)).toBe('cannot understand (C001)');
    expect(statusText(0x01ff)).toBe('failure (01FF)');
  });
});
