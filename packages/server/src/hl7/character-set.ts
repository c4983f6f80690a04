import { Hl7Error } from './hl7-error.ts';

/**
 * HL7 table 0211 (and what senders write instead) to the labels of the WHATWG Encoding Standard, which Node's
 * TextDecoder knows. UTF-16 and UTF-32 are left out: their bytes cannot be framed by MLLP.
 */
const LABELS: Readonly<Record<string, string>> = {
  ASCII: 'utf-8',
  'ISO IR6': 'utf-8',
  'ISO IR 6': 'utf-8',
  '8859/1': 'iso-8859-1',
  '8859/2': 'iso-8859-2',
  '8859/3': 'iso-8859-3',
  '8859/4': 'iso-8859-4',
  '8859/5': 'iso-8859-5',
  '8859/6': 'iso-8859-6',
  '8859/7': 'iso-8859-7',
  '8859/8': 'iso-8859-8',
  '8859/9': 'iso-8859-9',
  '8859/15': 'iso-8859-15',
  'ISO IR100': 'iso-8859-1',
  'ISO IR 100': 'iso-8859-1',
  'ISO IR101': 'iso-8859-2',
  'ISO IR109': 'iso-8859-3',
  'ISO IR110': 'iso-8859-4',
  'ISO IR144': 'iso-8859-5',
  'ISO IR127': 'iso-8859-6',
  'ISO IR126': 'iso-8859-7',
  'ISO IR138': 'iso-8859-8',
  'ISO IR148': 'iso-8859-9',
  'ISO IR192': 'utf-8',
  'ISO IR 192': 'utf-8',
  'ISO IR14': 'shift_jis',
  'ISO IR87': 'iso-2022-jp',
  'ISO IR159': 'iso-2022-jp',
  'GB 18030-2000': 'gb18030',
  GB18030: 'gb18030',
  'KS X 1001': 'euc-kr',
  'BIG-5': 'big5',
  UNICODE: 'utf-8',
  'UNICODE UTF-8': 'utf-8',
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
  'ISO-8859-1': 'iso-8859-1',
  'ISO_8859-1': 'iso-8859-1',
  'ISO8859-1': 'iso-8859-1',
  'WINDOWS-1252': 'windows-1252',
};

/**
 * Decodes the bytes of a message by its MSH-18 (the first repetition counts; further ones only allow code extensions
 * inside it). Without MSH-18 the bytes are UTF-8 if they are valid UTF-8 and ISO 8859-1 otherwise: plain ASCII, the
 * default of HL7, is both.
 * @throws Hl7Error HL7_CHARACTER_SET for a name that is not known, or bytes that are not of the set.
 */
export function decodeMessage(bytes: Uint8Array): string {
  const [first = '', ...others] = declaredCharacterSets(bytes);
  const name = first === '' ? (others[0] ?? '') : first;
  if (name === '' || name === 'ASCII') return decodeUndeclared(bytes);
  const label = LABELS[others.some((other) => LABELS[other] === 'iso-2022-jp') ? 'ISO IR87' : name];
  if (label === undefined) {
    throw new Hl7Error('the character set is not known', {
      code: 'HL7_CHARACTER_SET',
      condition: 103,
      location: { segment: 'MSH', field: 18 },
      expected: 'a value of HL7 table 0211, for example UNICODE UTF-8 or 8859/1',
      remedy: 'set the character set at the sender',
    });
  }
  try {
    return new TextDecoder(label, { fatal: label === 'utf-8' }).decode(bytes);
  } catch {
    throw new Hl7Error('the bytes of the message are not of its character set', {
      code: 'HL7_CHARACTER_SET',
      condition: 102,
      location: { segment: 'MSH', field: 18 },
      remedy: 'set the character set that the sender really writes',
    });
  }
}

function decodeUndeclared(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('iso-8859-1').decode(bytes);
  }
}

const LONGEST_HEADER = 4096;

/** The header segment is ASCII up to MSH-18 in every set that MLLP can carry. */
function declaredCharacterSets(bytes: Uint8Array): string[] {
  const head = new TextDecoder('iso-8859-1').decode(bytes.subarray(0, LONGEST_HEADER));
  const [segment = ''] = head.replace(/^\u00ef\u00bb\u00bf/, '').split(/[\r\n]/, 1);
  const separator = segment[3];
  const repetition = segment[5];
  if (!segment.startsWith('MSH') || separator === undefined || repetition === undefined) return [];
  const field = segment.split(separator)[17] ?? '';
  return field.split(repetition).map((name) => name.trim().toUpperCase());
}

/** Text as bytes; what a narrow set cannot express becomes `?`, never another letter. */
export function encodeMessage(text: string, characterSet: string): Uint8Array {
  const label = LABELS[characterSet.toUpperCase()];
  if (characterSet === 'ASCII') return narrow(text, 0x7f);
  if (label === 'iso-8859-1') return narrow(text, 0xff);
  if (label === undefined || label === 'utf-8') return Buffer.from(text, 'utf8');
  return encodeSingleByte(text, label);
}

function narrow(text: string, highest: number): Uint8Array {
  return Uint8Array.from([...text], (character) => {
    const point = character.codePointAt(0) ?? 0;
    return point <= highest ? point : 0x3f;
  });
}

/** By the inverse of the decoder; sets of several bytes keep ASCII only, which is all that an answer needs. */
function encodeSingleByte(text: string, label: string): Uint8Array {
  const decoder = new TextDecoder(label);
  const inverse = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    const character = byte < 128 ? String.fromCharCode(byte) : decoder.decode(Uint8Array.of(byte));
    if (character !== '\ufffd' && !inverse.has(character)) inverse.set(character, byte);
  }
  return Uint8Array.from([...text], (character) => inverse.get(character) ?? 0x3f);
}
