import { DimseError } from '../errors.ts';
import { decodePdu } from './decode.ts';
import {
  FRAGMENT_HEADER_BYTES,
  MAX_ASSOCIATE_BYTES,
  MAX_CONTROL_BYTES,
  PDU_HEADER_BYTES,
  PDU_LENGTH_TOLERANCE,
} from './limits.ts';
import { PDU_TYPE, type Pdu } from './types.ts';

/** A piece of a presentation data value (PS3.8 9.3.5.1 and annex E.2), exactly as it came from the socket. */
export interface Fragment {
  readonly contextId: number;
  readonly isCommand: boolean;
  /** The value is the last one of its command set or data set. */
  readonly isLast: boolean;
  readonly bytes: Buffer;
  /** No further piece of this value follows. */
  readonly isComplete: boolean;
}

export interface PduSink {
  pdu(pdu: Pdu): void;
  /** The header of a P-DATA-TF PDU has been read. */
  data(): void;
  fragment(fragment: Fragment): void;
  /** Nothing after this can be framed; the reader drops all further bytes. */
  invalid(error: DimseError): void;
}

type Phase = 'pdu-header' | 'body' | 'fragment-header' | 'fragment' | 'dead';

/**
 * Turns the bytes of a socket into PDUs without holding more than one association PDU or one header: the content
 * of P-DATA-TF goes through as slices of the received chunks, so an announced length costs nothing.
 */
export class PduReader {
  readonly #sink: PduSink;
  readonly #maxDataLength: number;
  #phase: Phase = 'pdu-header';
  #parts: Buffer[] = [];
  #partsLength = 0;
  #type = 0;
  #pduLeft = 0;
  #fragmentLeft = 0;
  #contextId = 0;
  #control = 0;

  /** `maxPduLength` is what this side offered to receive. */
  constructor(maxPduLength: number, sink: PduSink) {
    this.#sink = sink;
    this.#maxDataLength = maxPduLength + PDU_LENGTH_TOLERANCE;
  }

  /** Whether a PDU has begun and not ended. */
  get isMidPdu(): boolean {
    return this.#phase !== 'dead' && (this.#phase !== 'pdu-header' || this.#partsLength > 0);
  }

  /** Drops everything that still comes. */
  stop(): void {
    this.#phase = 'dead';
    this.#parts = [];
    this.#partsLength = 0;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && this.#phase !== 'dead') {
      if (this.#phase === 'fragment') {
        rest = this.#passOn(rest);
        continue;
      }
      const missing = this.#needed() - this.#partsLength;
      const part = rest.subarray(0, missing);
      rest = rest.subarray(part.length);
      // What waits for its rest is copied: the memory of a chunk may be given back once `push` has returned.
      const isComplete = part.length === missing;
      this.#parts.push(isComplete ? part : Buffer.from(part));
      this.#partsLength += part.length;
      if (isComplete) this.#complete();
    }
  }

  #needed(): number {
    if (this.#phase === 'pdu-header') return PDU_HEADER_BYTES;
    return this.#phase === 'body' ? this.#pduLeft : FRAGMENT_HEADER_BYTES;
  }

  #complete(): void {
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partsLength = 0;
    if (this.#phase === 'pdu-header') this.#startPdu(bytes);
    else if (this.#phase === 'body') this.#finishBody(bytes);
    else this.#startFragment(bytes);
  }

  #startPdu(header: Buffer): void {
    this.#type = header[0]!;
    this.#pduLeft = header.readUInt32BE(2);
    if (this.#type === PDU_TYPE.data) {
      if (this.#pduLeft > this.#maxDataLength) this.#fail(`at most ${this.#maxDataLength} bytes`);
      else if (this.#pduLeft < FRAGMENT_HEADER_BYTES) this.#fail('at least one presentation data value');
      else {
        this.#phase = 'fragment-header';
        this.#sink.data();
      }
      return;
    }
    const isAssociate =
      this.#type === PDU_TYPE['associate-request'] || this.#type === PDU_TYPE['associate-accept'];
    const limit = isAssociate ? MAX_ASSOCIATE_BYTES : MAX_CONTROL_BYTES;
    if (this.#type < 1 || this.#type > 7) this.#fail('a PDU type from 1 to 7');
    else if (this.#pduLeft > limit) this.#fail(`at most ${limit} bytes`);
    else {
      this.#phase = 'body';
      if (this.#pduLeft === 0) this.#complete();
    }
  }

  #finishBody(body: Buffer): void {
    this.#phase = 'pdu-header';
    let pdu: Pdu;
    try {
      pdu = decodePdu(this.#type, body);
    } catch (error) {
      if (!(error instanceof DimseError)) throw error;
      this.stop();
      this.#sink.invalid(error);
      return;
    }
    this.#sink.pdu(pdu);
  }

  #startFragment(header: Buffer): void {
    const length = header.readUInt32BE(0);
    this.#pduLeft -= FRAGMENT_HEADER_BYTES;
    this.#fragmentLeft = length - 2;
    if (length < 2 || this.#fragmentLeft > this.#pduLeft) {
      this.#fail('a presentation data value inside its PDU');
      return;
    }
    this.#contextId = header[4]!;
    this.#control = header[5]!;
    this.#phase = 'fragment';
    if (this.#fragmentLeft === 0) this.#passOn(Buffer.alloc(0));
  }

  #passOn(chunk: Buffer): Buffer {
    const bytes = chunk.subarray(0, this.#fragmentLeft);
    this.#fragmentLeft -= bytes.length;
    this.#pduLeft -= bytes.length;
    const isComplete = this.#fragmentLeft === 0;
    const fragment = {
      contextId: this.#contextId,
      isCommand: (this.#control & 1) !== 0,
      isLast: (this.#control & 2) !== 0,
      bytes,
      isComplete,
    };
    if (isComplete && this.#pduLeft === 0) this.#phase = 'pdu-header';
    else if (isComplete) {
      this.#phase = 'fragment-header';
      if (this.#pduLeft < FRAGMENT_HEADER_BYTES) {
        this.#fail('a presentation data value inside its PDU');
        return chunk.subarray(bytes.length);
      }
    }
    this.#sink.fragment(fragment);
    return chunk.subarray(bytes.length);
  }

  #fail(expected: string): void {
    const found = `PDU type ${this.#type}, length or rest ${this.#pduLeft}`;
    this.stop();
    this.#sink.invalid(
      new DimseError('DIMSE_PDU_INVALID', 'The peer sent an invalid protocol data unit.', {
        expected,
        found,
        remedy: 'Check that the peer speaks DICOM (and TLS exactly where it is configured) on this port.',
      }),
    );
  }
}
