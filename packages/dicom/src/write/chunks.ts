/** Values from this size on are kept as references until the end, so that a large frame is copied once. */
const REFERENCE_FROM = 4096;
const FIRST_BLOCK = 4096;

/** Output that grows: small parts go into blocks, large values are referenced, all is joined once. */
export class Chunks {
  readonly #parts: Uint8Array[] = [];
  #block = new Uint8Array(FIRST_BLOCK);
  #view = new DataView(this.#block.buffer);
  #start = 0;
  #at = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #reserve(count: number): number {
    if (this.#at + count > this.#block.length) {
      this.#flush();
      this.#block = new Uint8Array(Math.max(this.#block.length, FIRST_BLOCK * 4, count));
      this.#view = new DataView(this.#block.buffer);
      this.#start = 0;
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += count;
    this.#length += count;
    return at;
  }

  #flush(): void {
    if (this.#at > this.#start) this.#parts.push(this.#block.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }

  uint8(value: number): void {
    const at = this.#reserve(1);
    this.#block[at] = value;
  }

  uint16(value: number, littleEndian: boolean): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, littleEndian);
  }

  uint32(value: number, littleEndian: boolean): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, littleEndian);
  }

  /** Leaves room for a length that is known only later; call the result with it. */
  uint32Later(littleEndian: boolean): (value: number) => void {
    const at = this.#reserve(4);
    const view = this.#view;
    return (value) => view.setUint32(at, value, littleEndian);
  }

  bytes(bytes: Uint8Array): void {
    if (bytes.length >= REFERENCE_FROM) {
      this.#flush();
      this.#parts.push(bytes);
      this.#length += bytes.length;
      return;
    }
    const at = this.#reserve(bytes.length);
    this.#block.set(bytes, at);
  }

  append(other: Chunks): void {
    other.#flush();
    for (const part of other.#parts) this.bytes(part);
  }

  join(): Uint8Array {
    this.#flush();
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}
