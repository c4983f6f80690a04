import { dictionary } from './generated/dictionary.ts';
import { privateDictionary } from './generated/private-dictionary.ts';
import { repeaters } from './generated/repeaters.ts';
import { type Vr, vrTraits } from './vr.ts';

export { dictionary };

/** Keyword of PS3.6, such as `PatientName`. */
export type Keyword = keyof typeof dictionary;

export interface DictionaryEntry {
  readonly tag: number;
  readonly keyword: string;
  /** One VR, or several joined by `|`, such as `US|SS`. */
  readonly vr: string;
  readonly vm: string;
}

let byTag: Map<number, Keyword> | undefined;

function tags(): Map<number, Keyword> {
  if (byTag === undefined) {
    byTag = new Map();
    for (const keyword in dictionary) byTag.set(dictionary[keyword as Keyword][0], keyword as Keyword);
  }
  return byTag;
}

/** Looks a public tag up, repeating groups (50xx, 60xx, …) included. */
export function lookUpTag(tag: number): DictionaryEntry | undefined {
  const keyword = tags().get(tag);
  if (keyword !== undefined) {
    const [, vr, vm] = dictionary[keyword];
    return { tag, keyword, vr, vm };
  }
  for (const [mask, base, name, vr, vm] of repeaters) {
    if ((tag & mask) >>> 0 === base) return { tag, keyword: name, vr, vm };
  }
  return undefined;
}

export function keywordOf(tag: number): string | undefined {
  return tags().get(tag) ?? lookUpTag(tag)?.keyword;
}

export function isKeyword(text: string): text is Keyword {
  return Object.hasOwn(dictionary, text);
}

export function tagOf(key: Keyword | number): number {
  return typeof key === 'number' ? key : dictionary[key][0];
}

/** Tag numbers by keyword: `Tag.PixelData === 0x7fe00010`. */
export const Tag = Object.fromEntries(
  Object.entries(dictionary).map(([keyword, [tag]]) => [keyword, tag]),
) as { readonly [K in Keyword]: number };

export function isPrivate(tagNumber: number): boolean {
  return (tagNumber & 0x00010000) !== 0;
}

/** Private creator elements are (gggg,0010) to (gggg,00FF) of odd groups, PS3.5 section 7.8.1. */
export function isPrivateCreator(tagNumber: number): boolean {
  const element = tagNumber & 0xffff;
  return isPrivate(tagNumber) && element >= 0x10 && element <= 0xff;
}

/**
 * The VR candidates of a public tag, `undefined` for a tag the dictionary does not know. Group lengths are UL.
 * Private creators are LO.
 */
export function candidateVrs(tagNumber: number): string | undefined {
  const keyword = tags().get(tagNumber);
  if (keyword !== undefined) return dictionary[keyword][1];
  if ((tagNumber & 0xffff) === 0) return 'UL';
  if (isPrivateCreator(tagNumber)) return 'LO';
  return lookUpTag(tagNumber)?.vr;
}

/** The one VR of a tag when nothing else is known: the first candidate, UN for an unknown tag. */
export function defaultVr(tagNumber: number): Vr {
  const candidates = candidateVrs(tagNumber);
  if (candidates === undefined) return 'UN';
  if (candidates === 'OB|OW') return 'OW';
  return toVr(candidates.split('|')[0]!);
}

function toVr(text: string): Vr {
  return Object.hasOwn(vrTraits, text) ? (text as Vr) : 'UN';
}

const privateVrs = new Map<string, Map<string, Vr>>();

/** VR of a private element by its creator, for the creators whose values this package reads. */
export function privateVr(creator: string, group: number, elementLowByte: number): Vr | undefined {
  let rows = privateVrs.get(creator);
  if (rows === undefined) {
    rows = new Map();
    if (Object.hasOwn(privateDictionary, creator)) {
      for (const row of privateDictionary[creator]!.split(' ')) {
        rows.set(row.slice(0, 6), toVr(row.slice(6).split('|')[0]!));
      }
      privateVrs.set(creator, rows);
    }
  }
  const key = group.toString(16).padStart(4, '0') + elementLowByte.toString(16).padStart(2, '0');
  return rows.get(key.toUpperCase());
}
