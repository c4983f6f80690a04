import { type Finding, finding } from '../errors/index.ts';
import { decodeIso2022, decodeUpperByte, textDecoder } from './iso2022.ts';
import { codeSets, type Encoding, wholeStringTerms } from './terms.ts';

/** How the text of one data set is decoded. */
export interface CharacterSet {
  /** The values of (0008,0005) as found, joined by a backslash; empty for the default repertoire. */
  readonly name: string;
  /**
   * Text of the bytes of one element, all values. `personName` says that `^` and `=` end a code extension, as they do
   * in PN only.
   */
  decode(bytes: Uint8Array, personName: boolean): string;
}

const TEXT_DELIMITERS: ReadonlySet<number> = new Set([0x5c]);
const NAME_DELIMITERS: ReadonlySet<number> = new Set([0x5c, 0x5e, 0x3d]);

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80 || byte === 0x1b) return false;
  }
  return true;
}

/** Bytes as characters of the same number; right for ASCII and for ISO 8859-1. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function characterSet(name: string, decodeOther: CharacterSet['decode']): CharacterSet {
  return {
    name,
    decode: (bytes, personName) => (isAscii(bytes) ? latin1(bytes) : decodeOther(bytes, personName)),
  };
}

/**
 * The default repertoire. Bytes above 0x7F are not allowed in it but occur: they are read as UTF-8 where they are
 * valid UTF-8, else as ISO 8859-1, which is what most such files mean.
 */
function decodeUndeclared(bytes: Uint8Array, personName: boolean): string {
  if (bytes.includes(0x1b))
    return decodeIso2022(bytes, { g0: 'ascii', g1: 'iso-8859-1' }, delimiters(personName));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

function delimiters(personName: boolean): ReadonlySet<number> {
  return personName ? NAME_DELIMITERS : TEXT_DELIMITERS;
}

export const defaultCharacterSet: CharacterSet = characterSet('', decodeUndeclared);
export const utf8: CharacterSet = wholeString('ISO_IR 192', 'utf-8');

function wholeString(name: string, label: string): CharacterSet {
  return characterSet(name, (bytes) => textDecoder(label).decode(bytes));
}

function singleByte(name: string, encoding: Encoding | undefined): CharacterSet {
  return characterSet(name, (bytes) => {
    if (encoding === 'iso-8859-1') return latin1(bytes);
    let text = '';
    for (const byte of bytes)
      text += byte < 0x80 ? String.fromCharCode(byte) : decodeUpperByte(encoding, byte);
    return text;
  });
}

/** `ISO_IR 100`, `ISO-IR 100`, `iso 2022 ir 100`, `ISO 2022 IR100`: forms seen in files. */
function parseTerm(term: string): { extension: boolean; number: string } | undefined {
  const match = /^ISO[ _-]*(2022)?[ _-]*IR[ _-]*(\d+)$/i.exec(term.trim());
  return match === null ? undefined : { extension: match[1] !== undefined, number: match[2]! };
}

const cache = new Map<string, { characterSet: CharacterSet; findings: readonly Finding[] }>();
const CACHE_LIMIT = 256;

/**
 * The character set of the values of (0008,0005). Terms that are not defined are reported and skipped; what can be
 * read still is.
 */
export function characterSetOf(terms: readonly string[]): {
  characterSet: CharacterSet;
  findings: readonly Finding[];
} {
  const name = terms.map((term) => term.trim()).join('\\');
  let known = cache.get(name);
  if (known === undefined) {
    known = build(name, terms);
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(name, known);
  }
  return known;
}

const aliases: Readonly<Record<string, string>> = {
  'UTF-8': 'ISO_IR 192',
  UTF8: 'ISO_IR 192',
  'ISO 8859-1': 'ISO_IR 100',
  'ISO-8859-1': 'ISO_IR 100',
  'LATIN-1': 'ISO_IR 100',
  LATIN1: 'ISO_IR 100',
};

function build(
  name: string,
  terms: readonly string[],
): { characterSet: CharacterSet; findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const unknown = (term: string) =>
    findings.push(
      finding('DICOM_CHARACTER_SET_UNKNOWN', `"${term.slice(0, 32)}" is not a defined term`, '(0008,0005)'),
    );
  const first = (terms[0] ?? '').trim();
  if (terms.length <= 1 && first === '') return { characterSet: defaultCharacterSet, findings };

  const sets: { g0: Encoding; g1: Encoding | undefined }[] = [];
  for (const [index, raw] of terms.entries()) {
    let term = raw.trim();
    if (term === '') {
      sets.push(codeSets['6']!);
      continue;
    }
    if (Object.hasOwn(aliases, term.toUpperCase())) {
      unknown(term);
      term = aliases[term.toUpperCase()]!;
    }
    const parsed = parseTerm(term);
    const whole = wholeStringTerms[parsed === undefined ? term.toUpperCase() : `ISO_IR ${parsed.number}`];
    if (whole !== undefined) {
      if (index > 0) unknown(`${term} after another term`);
      return { characterSet: wholeString(name, whole), findings };
    }
    const set = parsed === undefined ? undefined : codeSets[parsed.number];
    if (set === undefined) unknown(term);
    sets.push(set ?? codeSets['6']!);
  }
  const initial = sets[0]!;
  const extended = sets.length > 1 || /2022/.test(first);
  if (!extended && initial.g1 === undefined) {
    return { characterSet: characterSet(name, decodeUndeclared), findings };
  }
  if (!extended && first.endsWith('13')) {
    return {
      characterSet: characterSet(name, (bytes, personName) =>
        decodeIso2022(bytes, initial, delimiters(personName)),
      ),
      findings,
    };
  }
  if (!extended) return { characterSet: singleByte(name, initial.g1), findings };
  // Without an escape sequence, G1 of a later two-byte set is not designated; some writers omit the escape, and then
  // the only candidate is what they mean.
  const onlyG1 = initial.g1 ?? sets.find((set) => set.g1 !== undefined)?.g1;
  return {
    characterSet: characterSet(name, (bytes, personName) =>
      decodeIso2022(bytes, { g0: initial.g0, g1: onlyG1 }, delimiters(personName)),
    ),
    findings,
  };
}
