import { type Encoding, escapes, twoByteEncodings } from './terms.ts';

const ESC = 0x1b;
const REPLACEMENT = '\uFFFD';

type Decoder = InstanceType<typeof TextDecoder>;

const decoders = new Map<string, Decoder>();

/** A shared WHATWG decoder that replaces what it cannot read. */
export function textDecoder(label: string): Decoder {
  let decoder = decoders.get(label);
  if (decoder === undefined) {
    decoder = new TextDecoder(label, { ignoreBOM: true });
    decoders.set(label, decoder);
  }
  return decoder;
}

/** Where the two-byte sets live in the multi-byte encodings that decoders know. */
function decodePair(encoding: Encoding, first: number, second: number): string {
  const a = first | 0x80;
  const b = second | 0x80;
  switch (encoding) {
    case 'jis-x-0208':
      return textDecoder('euc-jp').decode(Uint8Array.of(a, b));
    case 'jis-x-0212':
      return textDecoder('euc-jp').decode(Uint8Array.of(0x8f, a, b));
    case 'ks-x-1001':
      return textDecoder('euc-kr').decode(Uint8Array.of(a, b));
    default:
      return textDecoder('gbk').decode(Uint8Array.of(a, b));
  }
}

/** WHATWG labels of the upper halves; ISO 8859-1 and -9 differ from windows-1252 and -1254 only in C1 controls. */
const labels: Partial<Record<Encoding, string>> = {
  'iso-8859-1': 'windows-1252',
  'iso-8859-2': 'iso-8859-2',
  'iso-8859-3': 'iso-8859-3',
  'iso-8859-4': 'iso-8859-4',
  'iso-8859-5': 'iso-8859-5',
  'iso-8859-6': 'iso-8859-6',
  'iso-8859-7': 'iso-8859-7',
  'iso-8859-8': 'iso-8859-8',
  'iso-8859-9': 'windows-1254',
  'iso-8859-15': 'iso-8859-15',
  'tis-620': 'windows-874',
};

/** The character of one byte >= 0x80 in a single-byte set. C1 controls stay controls, as ISO 8859 says. */
export function decodeUpperByte(encoding: Encoding | undefined, byte: number): string {
  if (encoding === undefined || encoding === 'ascii') return String.fromCharCode(byte);
  if (byte < 0xa0 && encoding !== 'tis-620') return String.fromCharCode(byte);
  if (encoding === 'jis-x-0201-katakana') {
    return byte >= 0xa1 && byte <= 0xdf ? String.fromCharCode(0xff61 + byte - 0xa1) : REPLACEMENT;
  }
  const label = labels[encoding];
  return label === undefined ? REPLACEMENT : textDecoder(label).decode(Uint8Array.of(byte));
}

function isDelimiter(byte: number, delimiters: ReadonlySet<number>): boolean {
  return byte < 0x20 || delimiters.has(byte);
}

/**
 * Decodes text with code extensions (ISO 2022 as restricted by PS3.5 section 6.1.2.5). G0 and G1 return to the sets of
 * the first value of (0008,0005) at each control character and at each byte of `delimiters` that does not belong to a
 * two-byte character; unknown escape sequences are dropped. One pass, so the time is linear in the bytes.
 */
export function decodeIso2022(
  bytes: Uint8Array,
  initial: { g0: Encoding; g1: Encoding | undefined },
  delimiters: ReadonlySet<number>,
): string {
  let { g0, g1 } = initial;
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte === ESC) {
      const match = escapes.find((candidate) =>
        candidate.bytes.every((value, i) => bytes[at + 1 + i] === value),
      );
      if (match === undefined) {
        at += 1;
        continue;
      }
      if (match.register === 'g0') g0 = match.encoding;
      else g1 = match.encoding;
      at += 1 + match.bytes.length;
      continue;
    }
    const inTwoByteG0 = twoByteEncodings.has(g0) && byte >= 0x21 && byte <= 0x7e;
    if (inTwoByteG0 && at + 1 < bytes.length && bytes[at + 1]! >= 0x21 && bytes[at + 1]! <= 0x7e) {
      text += decodePair(g0, byte, bytes[at + 1]!);
      at += 2;
      continue;
    }
    if (byte >= 0x80) {
      if (g1 !== undefined && twoByteEncodings.has(g1) && at + 1 < bytes.length && bytes[at + 1]! >= 0x80) {
        text += decodePair(g1, byte, bytes[at + 1]!);
        at += 2;
        continue;
      }
      text += g1 !== undefined && twoByteEncodings.has(g1) ? REPLACEMENT : decodeUpperByte(g1, byte);
      at += 1;
      continue;
    }
    if (isDelimiter(byte, delimiters)) ({ g0, g1 } = initial);
    text += decodeLowerByte(g0, byte);
    at += 1;
  }
  return text;
}

/** Romaji differs from ASCII in two codes; 0x5C stays a backslash, because DICOM separates values by that byte. */
function decodeLowerByte(g0: Encoding, byte: number): string {
  if (g0 === 'jis-x-0201-romaji' && byte === 0x7e) return '\u203E';
  return String.fromCharCode(byte);
}
