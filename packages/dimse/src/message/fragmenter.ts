import { FRAGMENT_HEADER_BYTES, PDU_HEADER_BYTES, PDU_TYPE } from '../pdu/index.ts';
import type { DataSource } from './data-source.ts';

const HEADER_BYTES = PDU_HEADER_BYTES + FRAGMENT_HEADER_BYTES;

/** How many bytes go to the kernel in one write; several PDUs where the peer takes only small ones. */
const BATCH_BYTES = 1024 * 1024;

/** The largest PDU that we send even to a peer that takes any. */
const LARGEST_PDU = 256 * 1024;

const COMMAND_FLAG = 1;
const LAST_FLAG = 2;

/** The content bytes of one PDU for a peer that receives at most `peerMaxPduLength` (0: any). Even, as PS3.8 asks. */
export function fragmentBytes(peerMaxPduLength: number): number {
  const pdu = peerMaxPduLength === 0 ? LARGEST_PDU : Math.min(peerMaxPduLength, LARGEST_PDU);
  return (pdu - FRAGMENT_HEADER_BYTES) & ~1;
}

function writeHeader(pdu: Buffer, contextId: number, content: number, flags: number): void {
  pdu[0] = PDU_TYPE.data;
  pdu[1] = 0;
  pdu.writeUInt32BE(content + FRAGMENT_HEADER_BYTES, 2);
  pdu.writeUInt32BE(content + 2, 6);
  pdu[10] = contextId;
  pdu[11] = flags;
}

/** Writes a NUL behind the last byte read; an odd number of bytes never fills the even targets. */
function padLast(targets: readonly Buffer[], bytes: number): void {
  const size = targets[0]!.length;
  targets[Math.floor(bytes / size)]![bytes % size] = 0;
}

/** A command set as one buffer of P-DATA-TF PDUs. */
export function commandPdus(contextId: number, command: Buffer, peerMaxPduLength: number): Buffer {
  const size = fragmentBytes(peerMaxPduLength);
  const pdus: Buffer[] = [];
  for (let at = 0; at < command.length; at += size) {
    const content = command.subarray(at, at + size);
    const header = Buffer.alloc(HEADER_BYTES);
    const isLast = at + size >= command.length;
    writeHeader(header, contextId, content.length, COMMAND_FLAG | (isLast ? LAST_FLAG : 0));
    pdus.push(header, content);
  }
  return Buffer.concat(pdus);
}

/** The batches of one association: memory that is asked for once, not for every instance. */
export class Batches {
  #spare: Buffer[] = [];

  take(bytes: number): Buffer {
    const index = this.#spare.findIndex((buffer) => buffer.length >= bytes);
    return index < 0 ? Buffer.allocUnsafeSlow(bytes) : this.#spare.splice(index, 1)[0]!;
  }

  /** Only for memory that nobody reads any more. */
  giveBack(...buffers: readonly Buffer[]): void {
    this.#spare.push(...buffers);
    this.#spare = this.#spare.sort((a, b) => b.length - a.length).slice(0, 2);
  }
}

/** A data set that goes out as P-DATA-TF PDUs: the source fills the room between the headers of a batch directly. */
export interface OutgoingDataSet {
  readonly batchBytes: number;
  /** Reads the next batch into a buffer; how much of it is to be sent, and whether it is the last. */
  fill(batch: Buffer): Promise<FilledBatch>;
}

interface FilledBatch {
  readonly bytes: number;
  readonly isLast: boolean;
}

/** A data set whose first batch is being read before it is its turn. */
export interface PreparedDataSet {
  readonly dataSet: OutgoingDataSet;
  readonly batch: Buffer;
  readonly filled: Promise<FilledBatch>;
}

export function outgoingDataSet(
  contextId: number,
  source: DataSource,
  peerMaxPduLength: number,
): OutgoingDataSet {
  const size = fragmentBytes(peerMaxPduLength);
  const room = Math.max(1, Math.floor(BATCH_BYTES / (size + HEADER_BYTES)));
  const count = Math.max(1, Math.min(room, Math.ceil(source.size / size)));
  const batchBytes = count * (size + HEADER_BYTES);
  return { batchBytes, fill: (batch) => fill(batch.subarray(0, batchBytes), size, contextId, source) };
}

/** Begins to read: the peer finds the first batch in memory when it has answered what came before. */
export function prepare(dataSet: OutgoingDataSet, batches: Batches): PreparedDataSet {
  const batch = batches.take(dataSet.batchBytes);
  const filled = dataSet.fill(batch);
  filled.catch(() => {}); // whoever sends it hears of it
  return { dataSet, batch, filled };
}

/**
 * Sends a data set; the next batch is read while the last one is on its way. Two batches are all that is ever in
 * memory of one.
 */
export async function sendDataSet(
  { dataSet, batch: first, filled }: PreparedDataSet,
  batches: Batches,
  send: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  let batch = first;
  let other: Buffer | undefined;
  let filling = filled;
  let inFlight: Promise<void> = Promise.resolve();
  for (;;) {
    const { bytes, isLast } = await filling;
    await inFlight;
    inFlight = send(batch.subarray(0, bytes));
    // A failure is thrown by the await of the next turn; until then it must not count as unhandled.
    inFlight.catch(() => {});
    if (isLast) break;
    [batch, other] = [other ?? batches.take(dataSet.batchBytes), batch];
    filling = dataSet.fill(batch);
  }
  await inFlight;
  batches.giveBack(batch, ...(other === undefined ? [] : [other]));
}

/** Reads into a batch and writes the headers; how much of it is to be sent. */
async function fill(
  batch: Buffer,
  size: number,
  contextId: number,
  source: DataSource,
): Promise<FilledBatch> {
  const targets: Buffer[] = [];
  for (let at = HEADER_BYTES; at < batch.length; at += size + HEADER_BYTES) {
    targets.push(batch.subarray(at, at + size));
  }
  const read = await source.read(targets);
  const { isLast } = read;
  // PS3.8 E.2: fragments are even. Only a deflated data set can be odd; PS3.5 A.5 pads it with one NUL.
  const content = isLast ? read.bytes + (read.bytes % 2) : read.bytes;
  if (content > read.bytes) padLast(targets, read.bytes);
  const pdus = Math.max(isLast ? 1 : 0, Math.ceil(content / size));
  for (let i = 0; i < pdus; i += 1) {
    const flags = isLast && i === pdus - 1 ? LAST_FLAG : 0;
    const at = i * (size + HEADER_BYTES);
    writeHeader(batch.subarray(at), contextId, Math.min(size, content - i * size), flags);
  }
  return { bytes: content + pdus * HEADER_BYTES, isLast };
}
