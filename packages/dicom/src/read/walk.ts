import type { ReadContext, Syntax } from './context.ts';
import { IMPLICIT_LITTLE } from './context.ts';
import { ElementHeader, ITEM, ITEM_END, readHeader, SEQUENCE_END, UNDEFINED_LENGTH } from './header.ts';

/** UN of undefined length holds a sequence in implicit VR little endian whatever surrounds it, PS3.5 section 6.2.2. */
export function syntaxInside(header: ElementHeader, syntax: Syntax): Syntax {
  return header.vr === 'UN' ? IMPLICIT_LITTLE : syntax;
}

function checkDepth(context: ReadContext, depth: number, tag: number, at: number): void {
  if (depth > context.limits.maxDepth) {
    throw context.fail(
      'DICOM_NESTING_TOO_DEEP',
      `Sequences are nested deeper than ${context.limits.maxDepth}`,
      tag,
      at,
    );
  }
}

/**
 * The end of the element whose header was read at `at`: the offset after its value, and after its delimiter when the
 * length is undefined. Nothing is decoded and nothing is kept.
 */
export function endOfElement(
  context: ReadContext,
  syntax: Syntax,
  header: ElementHeader,
  at: number,
  end: number,
  depth: number,
): number {
  if (header.length === UNDEFINED_LENGTH) {
    return endOfItems(context, syntaxInside(header, syntax), header.tag, header.value, end, depth + 1).end;
  }
  const after = header.value + header.length;
  if (after > end) {
    throw context.fail(
      'DICOM_TRUNCATED',
      'The value of an element goes beyond the end of the data around it',
      header.tag,
      at,
      `${header.length} bytes announced, ${Math.max(0, end - header.value)} there`,
    );
  }
  return after;
}

/** Walks items up to the sequence delimiter; `contentEnd` is before it, `end` after it. */
export function endOfItems(
  context: ReadContext,
  syntax: Syntax,
  tag: number,
  start: number,
  end: number,
  depth: number,
): { contentEnd: number; end: number } {
  checkDepth(context, depth, tag, start);
  const header = new ElementHeader();
  let at = start;
  for (;;) {
    readHeader(context, syntax, at, end, header);
    if (header.tag === SEQUENCE_END) return { contentEnd: at, end: at + 8 };
    if (header.tag !== ITEM) {
      throw context.fail('DICOM_MALFORMED', 'An item or the end of the sequence is expected', tag, at);
    }
    if (header.length === UNDEFINED_LENGTH) {
      at = endOfItemContent(context, syntax, tag, header.value, end, depth).end;
      continue;
    }
    if (header.length > end - header.value) {
      throw context.fail('DICOM_TRUNCATED', 'An item goes beyond the end of the data', tag, at);
    }
    at = header.value + header.length;
  }
}

/** Walks the elements of an item of undefined length up to its delimiter. */
export function endOfItemContent(
  context: ReadContext,
  syntax: Syntax,
  tag: number,
  start: number,
  end: number,
  depth: number,
): { contentEnd: number; end: number } {
  const header = new ElementHeader();
  let at = start;
  for (;;) {
    readHeader(context, syntax, at, end, header);
    if (header.tag === ITEM_END) return { contentEnd: at, end: at + 8 };
    if (header.tag === SEQUENCE_END || header.tag === ITEM) {
      throw context.fail('DICOM_MALFORMED', 'The end of the item is expected', tag, at);
    }
    at = endOfElement(context, syntax, header, at, end, depth);
  }
}
