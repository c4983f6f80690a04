import { PhotopeakError } from '../errors.ts';

/** "No address" in HDF5. */
const UNDEFINED_ADDRESS = 0xffffffffffffffffn;

export function malformed(expected: string, found: string, cause?: unknown): PhotopeakError {
  return new PhotopeakError('the HDF5 file cannot be read', {
    code: 'HDF5_UNREADABLE',
    expected,
    found,
    remedy:
      'write the file anew with plain datasets (contiguous, or chunked with gzip), e.g. by h5repack -l CONTI',
    cause,
  });
}

/** What a damaged file makes of the work on it (numbers out of range, data that do not unpack) as `HDF5_UNREADABLE`. */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PhotopeakError) throw error;
    throw malformed('an undamaged file', error instanceof Error ? error.message : String(error), error);
  }
}

/** Little-endian numbers at a place of the file, which moves on; offsets and lengths have 8 bytes. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  #next(length: number): number {
    const at = this.at;
    if (at < 0 || at + length > this.bytes.length)
      throw malformed(`${length} bytes at ${at}`, `a file of ${this.bytes.length} bytes`);
    this.at += length;
    return at;
  }

  skip(length: number): void {
    this.at += length;
  }

  u8(): number {
    return this.#view.getUint8(this.#next(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#next(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#next(4), true);
  }

  /** An unsigned number of 1 to 8 bytes. */
  uint(length: number): number {
    let value = 0;
    for (let n = 0; n < length; n++) value += this.u8() * 2 ** (8 * n);
    return value;
  }

  length(): number {
    return Number(this.#view.getBigUint64(this.#next(8), true));
  }

  /** Undefined where there is none. */
  address(): number | undefined {
    const value = this.#view.getBigUint64(this.#next(8), true);
    return value === UNDEFINED_ADDRESS ? undefined : Number(value);
  }

  take(length: number): Uint8Array {
    const at = this.#next(length);
    return this.bytes.subarray(at, at + length);
  }

  text(length: number): string {
    return Buffer.from(this.take(length)).toString('utf8');
  }

  /** Up to the next zero. */
  name(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw malformed('a name that ends', `none at ${this.at}`);
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  signature(expected: string): void {
    const found = this.text(expected.length);
    if (found !== expected)
      throw malformed(`the signature ${expected}`, `other bytes at ${this.at - expected.length}`);
  }
}
