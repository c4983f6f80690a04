import { type CharacterSet, characterSetOf, defaultCharacterSet } from '../charset/index.ts';
import { dicomError } from '../errors/index.ts';
import { defaultVr, dictionary, isKeyword, isPrivate, type Keyword, privateVr, tagOf } from './dictionary.ts';
import { Element } from './element.ts';
import { type AnyValue, type DatasetValues, makeElement, type ValueOf } from './values.ts';
import type { Vr } from './vr.ts';

/** Elements that come from a file, located but not decoded. Implemented by the reader. */
export interface ElementSource {
  /** Number of elements, ordered by tag, each tag once. */
  readonly count: number;
  tagAt(index: number): number;
  elementAt(index: number): Element;
  /** Index of the element with this tag, -1 when absent. */
  indexOf(tag: number): number;
  readonly characterSet: CharacterSet;
}

export type Key = Keyword | number;

const SPECIFIC_CHARACTER_SET = 0x00080005;

/**
 * A DICOM data set: elements ordered by tag. One that was read from a file decodes an element when it is asked for
 * and keeps no second copy of its bytes.
 */
export class Dataset implements Iterable<Element> {
  readonly #source: ElementSource | undefined;
  /** Elements set or removed (`null`) since, and sequences already parsed. */
  #changes: Map<number, Element | null> | undefined;

  constructor(source?: ElementSource) {
    this.#source = source;
  }

  /** `Dataset.of({ PatientID: 'x', RescaleSlope: [1] })`; the VR comes from the dictionary. */
  static of(values: DatasetValues): Dataset {
    const dataset = new Dataset();
    for (const [keyword, value] of Object.entries(values)) {
      if (value === undefined) continue;
      if (!isKeyword(keyword)) {
        throw dicomError('DICOM_UNKNOWN_KEYWORD', 'The data dictionary has no such keyword', {
          found: keyword,
        });
      }
      dataset.set(keyword, value);
    }
    return dataset;
  }

  /** Sets one element; `vr` is needed for private tags and overrides the dictionary otherwise. */
  set<K extends Keyword>(key: K, value: ValueOf<K>, vr?: Vr): this;
  set(key: Key, value: AnyValue, vr?: Vr): this;
  set(key: Key, value: AnyValue, vr?: Vr): this {
    const tag = tagOf(key);
    this.#change(tag, makeElement(tag, vr ?? this.#vrFor(tag, value), value));
    return this;
  }

  /** Takes an element over as it is, for example from another data set. */
  setElement(element: Element): this {
    this.#change(element.tag, element);
    return this;
  }

  /** Copies the named elements of another data set that are present there; returns this. */
  copyFrom(other: Dataset, keys: readonly Key[]): this {
    for (const key of keys) {
      const element = other.element(key);
      if (element !== undefined) this.setElement(element);
    }
    return this;
  }

  delete(key: Key): boolean {
    const had = this.has(key);
    if (had) this.#change(tagOf(key), null);
    return had;
  }

  /** Present, perhaps empty. */
  has(key: Key): boolean {
    const tag = tagOf(key);
    const change = this.#changes?.get(tag);
    if (change !== undefined) return change !== null;
    return this.#source !== undefined && this.#source.indexOf(tag) >= 0;
  }

  element(key: Key): Element | undefined {
    const tag = tagOf(key);
    const change = this.#changes?.get(tag);
    if (change !== undefined) return change ?? undefined;
    if (this.#source === undefined) return undefined;
    const index = this.#source.indexOf(tag);
    return index < 0 ? undefined : this.#load(index);
  }

  /** First value, without padding; undefined when absent or empty. */
  text(key: Key): string | undefined {
    const value = this.element(key)?.texts()[0]?.trim();
    return value === undefined || value === '' ? undefined : value;
  }

  texts(key: Key): string[] {
    return this.element(key)?.texts() ?? [];
  }

  /** First value as a number; undefined when absent, empty or not a number. */
  number(key: Key): number | undefined {
    const value = this.element(key)?.numbers()[0];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }

  /** All values as numbers; NaN stands for one that is not a number. */
  numbers(key: Key): number[] {
    return this.element(key)?.numbers() ?? [];
  }

  /** The data sets of a sequence; empty when absent. */
  items(key: Key): readonly Dataset[] {
    return this.element(key)?.items() ?? [];
  }

  /** The first data set of a sequence. */
  item(key: Key): Dataset | undefined {
    return this.items(key)[0];
  }

  /** The value field in little endian order; undefined when absent or not a plain value. */
  bytes(key: Key): Uint8Array | undefined {
    const element = this.element(key);
    return element === undefined || element.content.kind !== 'encoded' ? undefined : element.bytes();
  }

  /**
   * A private element by group, creator and the low byte of its element number, in whichever block the creator has
   * reserved in this data set (PS3.5 section 7.8.1).
   */
  privateElement(group: number, creator: string, elementLowByte: number): Element | undefined {
    for (let block = 0x10; block <= 0xff; block++) {
      const reservation = ((group << 16) | block) >>> 0;
      if (!this.has(reservation) || this.text(reservation) !== creator) continue;
      const element = this.element(((group << 16) | (block << 8) | elementLowByte) >>> 0);
      if (element === undefined) continue;
      const vr = element.vr === 'UN' ? privateVr(creator, group, elementLowByte) : undefined;
      return vr === undefined || vr === 'SQ'
        ? element
        : new Element(element.tag, vr, element.content, element.offset);
    }
    return undefined;
  }

  privateText(group: number, creator: string, elementLowByte: number): string | undefined {
    const value = this.privateElement(group, creator, elementLowByte)?.texts()[0]?.trim();
    return value === undefined || value === '' ? undefined : value;
  }

  privateNumber(group: number, creator: string, elementLowByte: number): number | undefined {
    const value = this.privateElement(group, creator, elementLowByte)?.numbers()[0];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }

  /** Sets a private element, reserving the next free block for the creator if it has none. */
  setPrivate(group: number, creator: string, elementLowByte: number, vr: Vr, value: AnyValue): this {
    if (group % 2 === 0) {
      throw dicomError('DICOM_VALUE_INVALID', 'Private elements have an odd group', {
        found: group.toString(16),
      });
    }
    let block = 0x10;
    while (block < 0xff) {
      const reservation = ((group << 16) | block) >>> 0;
      if (!this.has(reservation)) {
        this.set(reservation, creator, 'LO');
        break;
      }
      if (this.text(reservation) === creator) break;
      block += 1;
    }
    return this.set(((group << 16) | (block << 8) | elementLowByte) >>> 0, value, vr);
  }

  /** Tags in ascending order. */
  tags(): number[] {
    const tags: number[] = [];
    if (this.#source !== undefined) {
      for (let i = 0; i < this.#source.count; i++) {
        const tag = this.#source.tagAt(i);
        if (this.#changes?.has(tag) !== true) tags.push(tag);
      }
    }
    let changed = false;
    for (const [tag, element] of this.#changes ?? []) {
      if (element === null) continue;
      tags.push(tag);
      changed = true;
    }
    return changed ? tags.sort((a, b) => a - b) : tags;
  }

  get size(): number {
    return this.tags().length;
  }

  *[Symbol.iterator](): Generator<Element> {
    for (const tag of this.tags()) yield this.element(tag)!;
  }

  /** The character set that (0008,0005) of this data set, or of the one around it, declares. */
  get characterSet(): CharacterSet {
    const change = this.#changes?.get(SPECIFIC_CHARACTER_SET);
    if (change === undefined) return this.#source?.characterSet ?? defaultCharacterSet;
    return change === null ? defaultCharacterSet : characterSetOf(change.texts()).characterSet;
  }

  #change(tag: number, element: Element | null): void {
    // Made late: a multi-frame object has thousands of items that nobody changes.
    this.#changes ??= new Map();
    this.#changes.set(tag, element);
  }

  #load(index: number): Element {
    const element = this.#source!.elementAt(index);
    // Parsed items are kept: a caller may change them, and parsing twice would lose that.
    if (element.content.kind === 'items') this.#change(element.tag, element);
    return element;
  }

  #vrFor(tag: number, value: AnyValue): Vr {
    if (isPrivate(tag) && (tag & 0xffff) > 0xff) {
      throw dicomError('DICOM_VALUE_INVALID', 'A private element needs its VR', {
        where: `(${(tag >>> 16).toString(16)},${(tag & 0xffff).toString(16)})`,
      });
    }
    const vr = defaultVr(tag);
    if (vr === 'US') {
      const first = Array.isArray(value) ? value[0] : value;
      const ambiguous = isAmbiguous(tag);
      if (ambiguous && typeof first === 'number' && first < 0) return 'SS';
      if (ambiguous && ArrayBuffer.isView(value)) return 'OW';
    }
    return vr;
  }
}

let ambiguousTags: Set<number> | undefined;

function isAmbiguous(tag: number): boolean {
  ambiguousTags ??= new Set(
    Object.values(dictionary)
      .filter(([, vr]) => vr.startsWith('US|'))
      .map(([number]) => number),
  );
  return ambiguousTags.has(tag);
}
