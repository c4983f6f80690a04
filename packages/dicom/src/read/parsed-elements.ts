import { latin1 } from '../charset/character-set.ts';
import { type CharacterSet, characterSetOf } from '../charset/index.ts';
import { Dataset, type ElementSource } from '../data/dataset.ts';
import { candidateVrs, isPrivate, isPrivateCreator, privateVr } from '../data/dictionary.ts';
import { type Content, Element, type Fragments } from '../data/element.ts';
import type { Vr } from '../data/vr.ts';
import { IMPLICIT_LITTLE, type Inherited, type ReadContext, type Syntax } from './context.ts';
import { ElementHeader, ITEM, readHeader, readTag, SEQUENCE_END, UNDEFINED_LENGTH } from './header.ts';
import { indexElements } from './index-elements.ts';
import { maxItems } from './limits.ts';
import { endOfItemContent, endOfItems, syntaxInside } from './walk.ts';

const SPECIFIC_CHARACTER_SET = 0x00080005;
const PIXEL_REPRESENTATION = 0x00280103;
const PIXEL_DATA = 0x7fe00010;

/** The elements of one data set or item of a file: located when first asked, decoded when asked for. */
export class ParsedElements implements ElementSource {
  readonly #context: ReadContext;
  readonly #syntax: Syntax;
  readonly #inherited: Inherited;
  readonly #start: number;
  readonly #end: number;
  #offsets: Uint32Array | undefined;
  #characterSet: CharacterSet | undefined;

  constructor(
    context: ReadContext,
    syntax: Syntax,
    range: { readonly start: number; readonly end: number; readonly offsets?: Uint32Array },
    inherited: Inherited,
  ) {
    this.#context = context;
    this.#syntax = syntax;
    this.#start = range.start;
    this.#end = range.end;
    this.#offsets = range.offsets;
    this.#inherited = inherited;
  }

  #located(): Uint32Array {
    this.#offsets ??= indexElements(this.#context, this.#syntax, this.#start, this.#end, {
      depth: this.#inherited.depth,
    }).offsets;
    return this.#offsets;
  }

  get count(): number {
    return this.#located().length;
  }

  tagAt(index: number): number {
    return readTag(this.#context.bytes, this.#located()[index]!, this.#syntax.littleEndian);
  }

  indexOf(tag: number): number {
    const offsets = this.#located();
    const { bytes } = this.#context;
    const { littleEndian } = this.#syntax;
    let low = 0;
    let high = offsets.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = readTag(bytes, offsets[middle]!, littleEndian);
      if (found === tag) return middle;
      if (found < tag) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  get characterSet(): CharacterSet {
    if (this.#characterSet === undefined) {
      const bytes = this.#plainValue(SPECIFIC_CHARACTER_SET);
      if (bytes === undefined) {
        this.#characterSet = this.#inherited.characterSet;
      } else {
        const { characterSet, findings } = characterSetOf(
          latin1(bytes)
            .replace(/[ \0]+$/, '')
            .split('\\'),
        );
        this.#characterSet = characterSet;
        this.#context.findings.push(...findings);
      }
    }
    return this.#characterSet;
  }

  get #signed(): boolean {
    const bytes = this.#plainValue(PIXEL_REPRESENTATION);
    if (bytes === undefined || bytes.length < 2) return this.#inherited.signed;
    return (this.#syntax.littleEndian ? bytes[0] : bytes[1]) === 1;
  }

  /** The value bytes of an element of defined length. */
  #plainValue(tag: number): Uint8Array | undefined {
    const index = this.indexOf(tag);
    if (index < 0) return undefined;
    const header = this.#headerAt(index);
    if (header.length === UNDEFINED_LENGTH) return undefined;
    return this.#context.bytes.subarray(header.value, header.value + header.length);
  }

  #headerAt(index: number): ElementHeader {
    const header = new ElementHeader();
    readHeader(this.#context, this.#syntax, this.#located()[index]!, this.#end, header);
    return header;
  }

  elementAt(index: number): Element {
    const offset = this.#located()[index]!;
    const header = this.#headerAt(index);
    const vr = this.#vrOf(header);
    return new Element(header.tag, vr, this.#contentOf(header, vr, offset), offset);
  }

  #contentOf(header: ElementHeader, vr: Vr, offset: number): Content {
    const undefinedLength = header.length === UNDEFINED_LENGTH;
    if (undefinedLength && vr !== 'SQ') return this.#fragments(header, offset);
    if (vr === 'SQ') {
      // Bytes that were UN are implicit little endian (PS3.5 section 6.2.2).
      const syntax = header.vr === 'UN' ? IMPLICIT_LITTLE : syntaxInside(header, this.#syntax);
      const end = undefinedLength ? this.#end : header.value + header.length;
      let items: readonly Dataset[] | undefined;
      const { tag, value } = header;
      return {
        kind: 'items',
        items: () => {
          items ??= this.#parseItems(syntax, tag, value, end, undefinedLength);
          return items;
        },
      };
    }
    return {
      kind: 'encoded',
      bytes: this.#context.bytes.subarray(header.value, header.value + header.length),
      littleEndian: this.#syntax.littleEndian || header.vr === 'UN',
      characterSet: this.characterSet,
    };
  }

  /** The VR of the file, or what the dictionary and the other attributes say. */
  #vrOf(header: ElementHeader): Vr {
    const { tag, vr, length } = header;
    if (vr !== undefined && vr !== 'UN') return vr;
    if (length === UNDEFINED_LENGTH) return tag === PIXEL_DATA ? 'OB' : 'SQ';
    const candidates = this.#candidates(tag);
    if (candidates === undefined) return 'UN';
    if (candidates === 'US|SS') return this.#signed ? 'SS' : 'US';
    if (candidates.endsWith('OW')) return 'OW';
    return candidates as Vr;
  }

  #candidates(tag: number): string | undefined {
    if (!isPrivate(tag) || isPrivateCreator(tag)) return candidateVrs(tag);
    const group = tag >>> 16;
    const reservation = this.#plainValue(((group << 16) | ((tag >>> 8) & 0xff)) >>> 0);
    if (reservation === undefined) return undefined;
    return privateVr(latin1(reservation).trim().replace(/\0+$/, ''), group, tag & 0xff);
  }

  #fragments(header: ElementHeader, offset: number): Content {
    const { bytes } = this.#context;
    const { contentEnd } = endOfItems(
      this.#context,
      this.#syntax,
      header.tag,
      header.value,
      this.#end,
      this.#inherited.depth + 1,
    );
    const parts: Uint8Array[] = [];
    const item = new ElementHeader();
    const limit = maxItems(contentEnd - header.value);
    let at = header.value;
    while (at < contentEnd) {
      readHeader(this.#context, this.#syntax, at, contentEnd, item);
      if (item.length === UNDEFINED_LENGTH) {
        throw this.#context.fail('DICOM_MALFORMED', 'A fragment has no length', header.tag, at);
      }
      if (parts.length >= limit) {
        throw this.#context.fail('DICOM_TOO_MANY_ITEMS', 'Too many fragments', header.tag, offset);
      }
      parts.push(bytes.subarray(item.value, item.value + item.length));
      at = item.value + item.length;
    }
    const value: Fragments = { offsetTable: parts[0] ?? new Uint8Array(0), fragments: parts.slice(1) };
    return { kind: 'fragments', value };
  }

  #parseItems(
    syntax: Syntax,
    tag: number,
    start: number,
    end: number,
    delimited: boolean,
  ): readonly Dataset[] {
    const context = this.#context;
    const depth = this.#inherited.depth + 1;
    if (depth > context.limits.maxDepth) {
      throw context.fail(
        'DICOM_NESTING_TOO_DEEP',
        `Sequences are nested deeper than ${context.limits.maxDepth}`,
        tag,
        start,
      );
    }
    const inherited: Inherited = { characterSet: this.characterSet, signed: this.#signed, depth };
    const items: Dataset[] = [];
    const limit = maxItems(end - start);
    const header = new ElementHeader();
    let at = start;
    while (at < end) {
      if (!delimited && end - at < 8) {
        context.report('DICOM_TRAILING_BYTES', 'Bytes after the last item are ignored', tag, at);
        break;
      }
      readHeader(context, syntax, at, end, header);
      if (header.tag === SEQUENCE_END) break;
      if (header.tag !== ITEM) {
        throw context.fail('DICOM_MALFORMED', 'An item is expected in the sequence', tag, at);
      }
      if (items.length >= limit) {
        throw context.fail('DICOM_TOO_MANY_ITEMS', `More than ${limit} items`, tag, at);
      }
      let contentEnd: number;
      if (header.length === UNDEFINED_LENGTH) {
        const walked = endOfItemContent(context, syntax, tag, header.value, end, depth);
        contentEnd = walked.contentEnd;
        at = walked.end;
      } else {
        contentEnd = header.value + header.length;
        if (contentEnd > end) {
          throw context.fail('DICOM_TRUNCATED', 'An item goes beyond the end of its sequence', tag, at);
        }
        at = contentEnd;
      }
      items.push(
        new Dataset(new ParsedElements(context, syntax, { start: header.value, end: contentEnd }, inherited)),
      );
    }
    return items;
  }
}
