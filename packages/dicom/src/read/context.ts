import type { CharacterSet } from '../charset/index.ts';
import { type DicomErrorCode, dicomError, type Finding, hexTag } from '../errors/index.ts';
import type { ReadLimits } from './limits.ts';

const MAX_FINDINGS = 100;

/** What all data sets of one file share while they are read. */
export class ReadContext {
  #bytes: Uint8Array;
  readonly limits: ReadLimits;
  readonly findings: Finding[];
  /** `inflated data set` where offsets do not count from the start of the file. */
  readonly inflated: boolean;

  constructor(bytes: Uint8Array, limits: ReadLimits, findings: Finding[], inflated = false) {
    // A plain view also of a Buffer: parts of it are handed out as Uint8Array.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limits = limits;
    this.findings = findings;
    this.inflated = inflated;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Keeps a copy of the first bytes only: the buffer they came from is used for something else. */
  detach(length: number): void {
    this.#bytes = this.#bytes.slice(0, length);
  }

  place(tag: number, offset: number): string {
    return `${hexTag(tag)} at byte ${offset}${this.inflated ? ' of the inflated data set' : ''}`;
  }

  fail(code: DicomErrorCode, message: string, tag: number, offset: number, found?: string): Error {
    return dicomError(code, message, {
      where: this.place(tag, offset),
      ...(found === undefined ? {} : { found }),
    });
  }

  report(code: DicomErrorCode, message: string, tag: number, offset: number): void {
    if (this.findings.length >= MAX_FINDINGS) return;
    const where = this.place(tag, offset);
    // A header is read again when its value is used.
    if (this.findings.some((known) => known.code === code && known.where === where)) return;
    this.findings.push({ code, message, where });
  }
}

/** How the elements of one data set are encoded. */
export interface Syntax {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

export const IMPLICIT_LITTLE: Syntax = { explicit: false, littleEndian: true };
export const EXPLICIT_LITTLE: Syntax = { explicit: true, littleEndian: true };
export const EXPLICIT_BIG: Syntax = { explicit: true, littleEndian: false };

/** What an item takes over from the data set around it. */
export interface Inherited {
  readonly characterSet: CharacterSet;
  /** Pixel Representation is signed: decides between US and SS in implicit VR. */
  readonly signed: boolean;
  readonly depth: number;
}
