import { describeWithPeers, runPeer } from '@photopeak/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characterSetOf } from './index.ts';

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

function decode(terms: string, text: string, personName = true): string {
  return characterSetOf(terms.split('\\')).characterSet.decode(bytes(text), personName);
}

describe('the examples of PS3.5 annexes H, I, J and K', () => {
  it.each([
    // H.3.1: Japanese, code extensions from ASCII
    [
      '\\ISO 2022 IR 87',
      'Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B',
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
    ],
    // H.3.2: Japanese, JIS X 0201 first
    [
      'ISO 2022 IR 13\\ISO 2022 IR 87',
      '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J',
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    ],
    // I.2: Korean
    [
      '\\ISO 2022 IR 149',
      'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf',
      'Hong^Gildong=洪^吉洞=홍^길동',
    ],
    // K.2: Chinese with GB 2312
    [
      '\\ISO 2022 IR 58',
      'Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=',
      'Zhang^XiaoDong=张^小东=',
    ],
    // J.1 and J.3: whole-string sets
    [
      'ISO_IR 192',
      Buffer.from('Wang^XiaoDong=王^小東=', 'utf8').toString('latin1'),
      'Wang^XiaoDong=王^小東=',
    ],
    ['GB18030', 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=', 'Wang^XiaoDong=王^小东='],
    ['GBK', '\xcd\xf5^\xd0\xa1\xb6\xab', '王^小东'],
    // a second byte 5C in GB18030 is not a separator
    ['GB18030', '\x81\x5c', '乗'],
  ])('%s', (terms, raw, text) => expect(decode(terms, raw)).toBe(text));
});

describe('single-byte sets', () => {
  it.each([
    ['ISO_IR 100', 'Buc^J\xe9r\xf4me', 'Buc^Jérôme'],
    ['ISO_IR 101', 'W\xb3adys\xb3aw', 'Władysław'],
    ['ISO_IR 109', '\xc6u', 'Ĉu'],
    ['ISO_IR 110', '\xb3', 'ŗ'],
    ['ISO_IR 144', '\xbb\xee\xda\xb1', 'ЛюкБ'],
    ['ISO_IR 127', '\xe2\xc8\xc7\xe6\xea', 'قباني'],
    ['ISO_IR 126', '\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2', 'Διονυσιος'],
    ['ISO_IR 138', '\xf9\xf8\xe5\xef', 'שרון'],
    ['ISO_IR 148', '\xc7avu\xfeo\xf0lu', 'Çavuşoğlu'],
    ['ISO_IR 203', '\xa4', '€'],
    ['ISO_IR 166', '\xca\xc1\xaa\xd2\xc2', 'สมชาย'],
    ['ISO_IR 13', '\xd4\xcf\xc0\xde', 'ﾔﾏﾀﾞ'],
  ])('%s', (terms, raw, text) => expect(decode(terms, raw)).toBe(text));

  it('are reached by escape sequences and left at delimiters', () => {
    const terms = 'ISO 2022 IR 6\\ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126';
    expect(decode(terms, '\x1b-A\xe9^\x1b-L\xbb\xee^\x1b-F\xc4\xe9')).toBe('é^Лю^Δι');
    // after ^ the initial sets are back, so the second name needs its own escape
    expect(decode(terms, '\x1b-L\xbb^\xe9')).toBe('Л^é');
    // outside of person names ^ does not reset
    expect(decode(terms, '\x1b-L\xbb^\xee', false)).toBe('Л^ю');
  });
});

describe('wrong declarations', () => {
  it('reports unknown terms and reads on', () => {
    const { characterSet, findings } = characterSetOf(['KLINGON']);
    expect(findings.map((finding) => finding.code)).toEqual(['DICOM_CHARACTER_SET_UNKNOWN']);
    expect(characterSet.decode(bytes('plain'), false)).toBe('plain');
    expect(characterSet.decode(bytes('J\xe9r\xf4me'), false)).toBe('Jérôme');
  });

  it('takes misspelt terms for what they mean', () => {
    expect(decode('ISO-IR 100', 'J\xe9')).toBe('Jé');
    expect(decode('iso_ir 144', '\xbb')).toBe('Л');
    expect(decode('UTF-8', Buffer.from('é').toString('latin1'))).toBe('é');
  });

  it('reads UTF-8 that was not declared', () => {
    expect(decode('', Buffer.from('Größe').toString('latin1'))).toBe('Größe');
  });

  it('never fails and is linear, whatever the bytes', () => {
    const terms = fc.constantFrom(
      '',
      'ISO_IR 13',
      '\\ISO 2022 IR 87\\ISO 2022 IR 159',
      '\\ISO 2022 IR 149',
      '\\ISO 2022 IR 58',
      'GB18030',
      'ISO_IR 192',
      'nonsense\\more nonsense',
    );
    fc.assert(
      fc.property(terms, fc.uint8Array({ maxLength: 400 }), fc.boolean(), (name, raw, personName) => {
        const text = characterSetOf(name.split('\\')).characterSet.decode(raw, personName);
        expect(text.length).toBeLessThanOrEqual(raw.length * 2);
      }),
    );
    expect(decode('\\ISO 2022 IR 87', '\x1b'.repeat(100_000)).length).toBe(0);
  });
});

describeWithPeers('pydicom decodes to the same text', ['pydicom'], () => {
  it.each([
    ['\\ISO 2022 IR 87', 'Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B'],
    ['\\ISO 2022 IR 159', 'A=\x1b$(D\x30\x21\x1b(B^B'],
    ['ISO_IR 127', '\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1'],
    ['ISO_IR 144', '\xbb\xee\xda\xb1'],
    ['ISO_IR 110', '\xb3\xe0\xfe'],
    ['ISO_IR 109', '\xc6u\xfd'],
    ['GB18030', '\xcd\xf5^\x81\x30\x89\x38'],
    ['ISO_IR 166', '\xca\xc1\xaa\xd2\xc2'],
  ])('%s', (terms, raw) => {
    const script = `
import sys, json
from pydicom.charset import convert_encodings
from pydicom.valuerep import PersonName
terms, raw = json.loads(sys.argv[1])
e = convert_encodings(terms.split('\\\\'))
print(json.dumps(str(PersonName(raw.encode('latin1'), e).decode(e))))`;
    const { output } = runPeer('python3', ['-W', 'ignore', '-c', script, JSON.stringify([terms, raw])]);
    expect(decode(terms, raw)).toBe(JSON.parse(output));
  });
});
