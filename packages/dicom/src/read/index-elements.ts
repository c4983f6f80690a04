import type { ReadContext, Syntax } from './context.ts';
import { ElementHeader, readHeader, readTag } from './header.ts';
import { endOfElement } from './walk.ts';

export interface IndexOptions {
  readonly depth: number;
  /** Stop before the first element for which this is true. */
  readonly stopBefore?: (tag: number) => boolean;
  /** What follows this tag may be garbage: it is reported, not refused. */
  readonly lenientAfter?: number;
}

export interface ElementIndex {
  /** Offsets of the element headers, ordered by tag, each tag once. */
  readonly offsets: Uint32Array;
  /** Where the walk ended. */
  readonly end: number;
}

const FIRST_CAPACITY = 1024;
const KEPT_CAPACITY = 65536;
let scratch = new Uint32Array(FIRST_CAPACITY);

/** Finds the elements between `start` and `end`: four bytes of memory for each. */
export function indexElements(
  context: ReadContext,
  syntax: Syntax,
  start: number,
  end: number,
  options: IndexOptions,
): ElementIndex {
  const { bytes } = context;
  const header = new ElementHeader();
  let count = 0;
  let sorted = true;
  let previous = -1;
  let at = start;
  while (at < end) {
    const lenient = options.lenientAfter !== undefined && previous >= options.lenientAfter;
    if (end - at < 8 && isPadding(bytes, at, end)) break;
    const next = end - at >= 4 ? readTag(bytes, at, syntax.littleEndian) : 0;
    if (options.stopBefore?.(next) === true) break;
    if (lenient && next <= previous) {
      context.report('DICOM_TRAILING_BYTES', 'Bytes after the pixel data are ignored', next, at);
      break;
    }
    try {
      readHeader(context, syntax, at, end, header);
      if (header.tag >>> 16 === 0xfffe) {
        // Delimiters without a sequence: some writers put them at the end of a data set.
        if (header.length !== 0) {
          throw context.fail('DICOM_MALFORMED', 'An item outside of a sequence', header.tag, at);
        }
        context.report('DICOM_MALFORMED', 'A delimiter outside of a sequence', header.tag, at);
        at = header.value;
        continue;
      }
      const after = endOfElement(context, syntax, header, at, end, options.depth);
      if (header.tag <= previous) sorted = false;
      previous = header.tag;
      if (count === scratch.length) {
        const larger = new Uint32Array(scratch.length * 2);
        larger.set(scratch);
        scratch = larger;
      }
      scratch[count++] = at;
      at = after;
    } catch (error) {
      if (!lenient) throw error;
      context.report('DICOM_TRAILING_BYTES', 'Bytes after the pixel data are ignored', header.tag, at);
      break;
    }
  }
  const found = scratch.slice(0, count);
  if (scratch.length > KEPT_CAPACITY) scratch = new Uint32Array(FIRST_CAPACITY);
  return { offsets: sorted ? found : sortedOffsets(context, syntax, found), end: at };
}

function isPadding(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (bytes[i] !== 0 && bytes[i] !== 0x20) return false;
  return true;
}

/** Orders by tag; of elements with the same tag the first in the file stays. */
function sortedOffsets(context: ReadContext, syntax: Syntax, offsets: Uint32Array): Uint32Array {
  const { bytes } = context;
  const { littleEndian } = syntax;
  const tag = (offset: number) => readTag(bytes, offset, littleEndian);
  offsets.sort((a, b) => tag(a) - tag(b) || a - b);
  let kept = 0;
  for (let i = 0; i < offsets.length; i++) {
    if (kept > 0 && tag(offsets[i]!) === tag(offsets[kept - 1]!)) {
      context.report('DICOM_DUPLICATE_ELEMENT', 'An element occurs twice', tag(offsets[i]!), offsets[i]!);
      continue;
    }
    offsets[kept++] = offsets[i]!;
  }
  return offsets.slice(0, kept);
}
