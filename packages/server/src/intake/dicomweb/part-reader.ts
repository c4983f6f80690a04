import type { Readable } from 'node:stream';
import { PhotopeakError } from '@photopeak/imaging';

const MOST_HEADER_BYTES = 16 * 1024;
/** Blanks after a boundary ("transport padding"). */
const MOST_PADDING = 64;

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;
const CRLF = Buffer.from('\r\n');
const BLANK_LINE = Buffer.from('\r\n\r\n');

function malformed(found: string, expected: string): PhotopeakError {
  return new PhotopeakError('the multipart body cannot be read', {
    code: 'HTTP_INPUT',
    found,
    expected,
    remedy: 'check the boundary and that the body is complete',
  });
}

/** What a delimiter in the bytes at hand is followed by. */
type Line = 'delimiter' | 'content' | 'unknown';

/**
 * A multipart body, read forward only. It holds the chunk of this moment and, where a boundary may span chunks, the
 * end of the one before; nothing of a part is copied otherwise.
 */
export class PartReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #delimiter: Buffer;
  /** The first boundary needs no line break before it: this stands for it. */
  #held: Buffer = CRLF;
  /** The delimiter that ends the present part was read. */
  #isAtDelimiter = false;

  constructor(body: Readable, boundary: string) {
    this.#chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  }

  /** After a delimiter: whether a part follows, or the end. @throws HTTP_INPUT */
  async beginsPart(): Promise<boolean> {
    // The delimiter was recognised by what follows it, so that this is here.
    if (this.#held[0] === DASH && this.#held[1] === DASH) return false;
    this.#held = this.#held.subarray(this.#held.indexOf(CRLF));
    return true;
  }

  /** The headers of a part, by lower-case name; what is read next is its content. @throws HTTP_INPUT */
  async headers(): Promise<Record<string, string>> {
    let end = this.#held.indexOf(BLANK_LINE);
    while (end < 0 && this.#held.length <= MOST_HEADER_BYTES) {
      await this.#more('the headers of a part');
      end = this.#held.indexOf(BLANK_LINE);
    }
    if (end < 0 || end > MOST_HEADER_BYTES) {
      throw malformed('more', `at most ${MOST_HEADER_BYTES} bytes of headers`);
    }
    const block = this.#held.subarray(0, end);
    if (block.includes(this.#delimiter)) {
      throw malformed('a boundary', 'a blank line after the headers of a part');
    }
    // The boundary of an empty part may follow at once: its line break is then that of the blank line.
    this.#held = this.#held.subarray(end + CRLF.length);
    while (this.#held.length < this.#delimiter.length + CRLF.length)
      await this.#more('content or a boundary');
    if (!this.#held.subarray(0, this.#delimiter.length).equals(this.#delimiter)) {
      this.#held = this.#held.subarray(CRLF.length);
    }
    this.#isAtDelimiter = false;
    return parseHeaders(block.subarray(CRLF.length).toString('latin1'));
  }

  /** The bytes up to the next delimiter, which is read as well. @throws HTTP_INPUT where there is none */
  async *content(): AsyncGenerator<Uint8Array> {
    while (!this.#isAtDelimiter) {
      const { content, isDelimiter } = this.#find();
      const piece = this.#held.subarray(0, content);
      this.#held = this.#held.subarray(content + (isDelimiter ? this.#delimiter.length : 0));
      this.#isAtDelimiter = isDelimiter;
      if (piece.length > 0) yield piece;
      if (!isDelimiter) await this.#more('the boundary that ends a part');
    }
  }

  async skipToDelimiter(): Promise<void> {
    for await (const _ of this.content());
  }

  /** Reads the rest of the body. */
  async drain(): Promise<void> {
    this.#held = CRLF;
    while ((await this.#chunks.next()).done !== true);
  }

  async #more(expected: string): Promise<void> {
    const { value, done } = await this.#chunks.next();
    if (done === true) throw malformed('its end', expected);
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
  }

  /** How many of the bytes at hand are content for certain, and whether the delimiter comes right behind them. */
  #find(): { readonly content: number; readonly isDelimiter: boolean } {
    for (let from = 0; ; ) {
      const at = this.#held.indexOf(this.#delimiter, from);
      if (at < 0) return { content: this.#held.length - this.#openEnd(from), isDelimiter: false };
      const line = this.#lineFrom(at + this.#delimiter.length);
      if (line !== 'content') return { content: at, isDelimiter: line === 'delimiter' };
      from = at + 1;
    }
  }

  /** A boundary is followed by `--`, or by nothing but blanks to the end of its line; otherwise it is content. */
  #lineFrom(at: number): Line {
    for (let end = at; end <= at + MOST_PADDING; end++) {
      const [first, second] = [this.#held[end], this.#held[end + 1]];
      if (first === undefined) return 'unknown';
      if (first === CR || (first === DASH && end === at)) {
        if (second === undefined) return 'unknown';
        if (second === (first === CR ? LF : DASH)) return 'delimiter';
        return 'content';
      }
      if (first !== 0x20 && first !== 0x09) return 'content';
    }
    return 'content';
  }

  /** Length of an end that may be the beginning of a delimiter. */
  #openEnd(from: number): number {
    const { length } = this.#held;
    for (let at = Math.max(from, length - this.#delimiter.length + 1); at < length; at++) {
      if (this.#held[at] !== CR) continue;
      if (this.#held.subarray(at).equals(this.#delimiter.subarray(0, length - at))) return length - at;
    }
    return 0;
  }
}

/** The first of a name counts; a line that begins with a blank goes on with the one before (RFC 5322 §2.2.3). */
function parseHeaders(text: string): Record<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return Object.fromEntries(headers);
}
