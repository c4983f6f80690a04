/**
 * Defined terms of Specific Character Set (0008,0005), PS3.3 C.12.1.1.2 and PS3.5 section 6.1.
 *
 * `decoder` names the WHATWG encoding of single-byte and whole-string sets. For code extensions the escape sequence
 * designates a set to G0 (codes 0x21-0x7E) or G1 (0xA0-0xFF).
 */

export type Encoding =
  | 'ascii'
  | 'jis-x-0201-romaji'
  | 'jis-x-0201-katakana'
  | 'jis-x-0208'
  | 'jis-x-0212'
  | 'ks-x-1001'
  | 'gb-2312'
  | 'iso-8859-1'
  | 'iso-8859-2'
  | 'iso-8859-3'
  | 'iso-8859-4'
  | 'iso-8859-5'
  | 'iso-8859-6'
  | 'iso-8859-7'
  | 'iso-8859-8'
  | 'iso-8859-9'
  | 'iso-8859-15'
  | 'tis-620';

interface Term {
  readonly g0: Encoding;
  readonly g1: Encoding | undefined;
}

/** Sets by the part of the term that single-byte terms (`ISO_IR 100`) and extensions (`ISO 2022 IR 100`) share. */
export const codeSets: Readonly<Record<string, Term>> = {
  '6': { g0: 'ascii', g1: undefined },
  '13': { g0: 'jis-x-0201-romaji', g1: 'jis-x-0201-katakana' },
  '58': { g0: 'ascii', g1: 'gb-2312' },
  '87': { g0: 'ascii', g1: undefined },
  '100': { g0: 'ascii', g1: 'iso-8859-1' },
  '101': { g0: 'ascii', g1: 'iso-8859-2' },
  '109': { g0: 'ascii', g1: 'iso-8859-3' },
  '110': { g0: 'ascii', g1: 'iso-8859-4' },
  '126': { g0: 'ascii', g1: 'iso-8859-7' },
  '127': { g0: 'ascii', g1: 'iso-8859-6' },
  '138': { g0: 'ascii', g1: 'iso-8859-8' },
  '144': { g0: 'ascii', g1: 'iso-8859-5' },
  '148': { g0: 'ascii', g1: 'iso-8859-9' },
  '149': { g0: 'ascii', g1: 'ks-x-1001' },
  '159': { g0: 'ascii', g1: undefined },
  '166': { g0: 'ascii', g1: 'tis-620' },
  '203': { g0: 'ascii', g1: 'iso-8859-15' },
};

/** Multi-byte sets without code extensions: the whole string is decoded at once. */
export const wholeStringTerms: Readonly<Record<string, string>> = {
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

interface Escape {
  /** Bytes after ESC (0x1B). */
  readonly bytes: readonly number[];
  readonly register: 'g0' | 'g1';
  readonly encoding: Encoding;
}

function designation(text: string, register: 'g0' | 'g1', encoding: Encoding): Escape {
  return { bytes: Array.from(text, (character) => character.charCodeAt(0)), register, encoding };
}

/** Escape sequences of PS3.3 tables C.12-3 and C.12-4, and two older ones that are seen in the field. */
export const escapes: readonly Escape[] = [
  designation('(B', 'g0', 'ascii'),
  designation('(J', 'g0', 'jis-x-0201-romaji'),
  designation(')I', 'g1', 'jis-x-0201-katakana'),
  designation('-A', 'g1', 'iso-8859-1'),
  designation('-B', 'g1', 'iso-8859-2'),
  designation('-C', 'g1', 'iso-8859-3'),
  designation('-D', 'g1', 'iso-8859-4'),
  designation('-L', 'g1', 'iso-8859-5'),
  designation('-G', 'g1', 'iso-8859-6'),
  designation('-F', 'g1', 'iso-8859-7'),
  designation('-H', 'g1', 'iso-8859-8'),
  designation('-M', 'g1', 'iso-8859-9'),
  designation('-b', 'g1', 'iso-8859-15'),
  designation('-T', 'g1', 'tis-620'),
  designation('$B', 'g0', 'jis-x-0208'),
  designation('$@', 'g0', 'jis-x-0208'),
  designation('$(B', 'g0', 'jis-x-0208'),
  designation('$(D', 'g0', 'jis-x-0212'),
  designation('$)C', 'g1', 'ks-x-1001'),
  designation('$)A', 'g1', 'gb-2312'),
];

export const twoByteEncodings: ReadonlySet<Encoding> = new Set([
  'jis-x-0208',
  'jis-x-0212',
  'ks-x-1001',
  'gb-2312',
]);
