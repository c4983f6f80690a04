import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { dataFile, describeWithData } from '@photopeak/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acknowledgementMode, isBefore, writeAcknowledgement } from './acknowledge.ts';
import { decodeMessage, encodeMessage } from './character-set.ts';
import { Hl7Error } from './hl7-error.ts';
import { DEFAULT_DELIMITERS, parseMessage } from './message.ts';
import { readMoment } from './time.ts';
import { type SegmentContent, writeMessage } from './write-message.ts';

const HEADER = 'MSH|^~\\&|RIS|HOSPITAL|PHOTOPEAK|NM|20261123101500||ADT^A08^ADT_A01|77|P|2.5.1';
const errorOf = (work: () => unknown): Hl7Error => {
  try {
    work();
  } catch (error) {
    if (error instanceof Hl7Error) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('a message is read', () => {
  it('with fields, repetitions, components and subcomponents', () => {
    const message = parseMessage(`${HEADER}\rPID|1||10^^^A&1.2.3&ISO^MR~20^^^B||Curie^Marie\r`);
    const pid = message.segments[1]!;
    expect(message.header.text(1)).toBe('|');
    expect(message.header.text(10)).toBe('77');
    expect(pid.repetitions(3).map((value) => [value.component(1), value.component(4)])).toEqual([
      ['10', 'A'],
      ['20', 'B'],
    ]);
    expect(pid.text(3, 4, 2)).toBe('1.2.3');
    expect(pid.text(5, 2)).toBe('Marie');
    expect(pid.text(30)).toBe('');
  });

  it('with separators of its own choice', () => {
    const message = parseMessage('MSH$*%?@$RIS$$$$$$ADT*A08$1$P$2.5\rPID$1$$10***A@1\r');
    expect(message.segments[1]!.text(3, 4, 2)).toBe('1');
  });

  it('with escaped separators, bytes and line breaks', () => {
    const message = parseMessage(
      `${HEADER}\rOBX|1|TX|||10\\S\\9\\T\\L \\F\\ \\R\\ \\E\\\\.br\\second\\X41\\ \\H\\bold\\N\\ C:\\temp\r`,
    );
    expect(message.segments[1]!.value(5).text).toBe('10^9&L | ~ \\\nsecondA bold C:\\temp');
  });

  it('with null told from absent', () => {
    const pid = parseMessage(`${HEADER}\rPID|1||""||\r`).segments[1]!;
    expect([pid.isNull(3), pid.isNull(5), pid.text(3)]).toEqual([true, false, '']);
  });

  it('with LF or CR LF between segments, and a line feed inside a field of a CR message', () => {
    expect(parseMessage(`${HEADER}\nPID|1\n`).segments).toHaveLength(2);
    expect(parseMessage(`${HEADER}\r\n\r\nPID|1\r\n`).segments).toHaveLength(2);
    const [, note] = parseMessage(`${HEADER}\rNTE|1||first\nsecond\r`).segments;
    expect(note!.value(3).text).toBe('first\nsecond');
  });

  it('with the broken lines of a text put together again', () => {
    const [, text, next] = parseMessage(`${HEADER}\rOBX|1|ED|P||AAAA\rBBBB==||||||F\rNTE|1\r`).segments;
    expect([text!.value(5).text, text!.text(11), next!.name]).toEqual(['AAAA\nBBBB==', 'F', 'NTE']);
  });

  it('is refused with the place where it is no message', () => {
    expect(errorOf(() => parseMessage('GET / HTTP/1.1')).code).toBe('HL7_NOT_A_MESSAGE');
    expect(errorOf(() => parseMessage('MSH|^^~&|A')).code).toBe('HL7_NOT_A_MESSAGE');
    expect(errorOf(() => parseMessage(`${HEADER}\rnot a segment\r`)).found).toBe('line 2');
    expect(errorOf(() => parseMessage(`${HEADER}\r${HEADER}\r`)).condition).toBe(100);
    expect(errorOf(() => parseMessage(`${HEADER}\r${'NTE\r'.repeat(10_001)}`)).code).toBe('HL7_SEGMENT');
  });

  it('of any content never fails with anything but an Hl7Error', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'MSH',
        '|',
        '^',
        '~',
        '\\',
        '&',
        '\r',
        '\n',
        'PID',
        'OBX',
        '\\X4',
        '\\.br\\',
        '""',
        '\u000b',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, withHeader) => {
        const text = (withHeader ? `${HEADER}\r` : '') + pieces.join('');
        try {
          for (const segment of parseMessage(text).segments)
            for (let field = 1; field < 8; field++)
              for (const value of segment.repetitions(field)) value.component(1);
        } catch (error) {
          expect(error).toBeInstanceOf(Hl7Error);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a message is written', () => {
  it('so that any text comes back and never becomes structure', () => {
    const text = fc
      .string({ unit: 'binary', maxLength: 40 })
      .map((value) => value.replaceAll(/[\p{Cc}\p{Cs}]/gu, '').trim());
    fc.assert(
      fc.property(text, text, fc.array(text, { minLength: 1, maxLength: 3 }), (a, b, list) => {
        fc.pre(![a, b, ...list].includes('""'));
        const header: SegmentContent = { name: 'MSH', fields: { 3: 'X', 9: ['ADT', 'A08'], 10: '1' } };
        const written = writeMessage([
          header,
          { name: 'ZZZ', fields: { 1: a, 2: ['', b, list], 3: { repetitions: list.map((item) => [item]) } } },
        ]);
        const message = parseMessage(written);
        expect(message.segments).toHaveLength(2);
        const [, zzz] = message.segments;
        expect(zzz!.value(1).text).toBe(a);
        expect(zzz!.text(2, 2)).toBe(b);
        for (const [index, item] of list.entries()) expect(zzz!.text(2, 3, index + 1)).toBe(item);
        expect(zzz!.repetitions(3).map((value) => value.text)).toEqual(
          list.every((item) => item === '') && list.length === 1 ? [] : list,
        );
      }),
    );
  });

  it('with the separators of the header where they belong', () => {
    expect(writeMessage([{ name: 'MSH', fields: { 3: 'A|B', 10: '1' } }])).toBe(
      'MSH|^~\\&|A\\F\\B|||||||1\r',
    );
    expect(DEFAULT_DELIMITERS.field).toBe('|');
  });
});

describe('character sets', () => {
  const message = (characterSet: string, name: string) =>
    `MSH|^~\\&|RIS|H|||20261123||ADT^A08|1|P|2.5.1||||||${characterSet}\rPID|||1||${name}\r`;
  const nameOf = (bytes: Uint8Array) => parseMessage(decodeMessage(bytes)).segments[1]!.text(5);

  it.each([
    ['UNICODE UTF-8', 'Müller 山田', Buffer.from('Müller 山田', 'utf8')],
    ['8859/1', 'Müller', Buffer.from('Müller', 'latin1')],
    ['8859/2', 'Łódź', Uint8Array.of(0xa3, 0xf3, 0x64, 0xbc)],
    ['8859/5', 'Иван', Uint8Array.of(0xb8, 0xd2, 0xd0, 0xdd)],
    ['~ISO IR87', '山田', Uint8Array.of(0x1b, 0x24, 0x42, 0x3b, 0x33, 0x45, 0x44, 0x1b, 0x28, 0x42)],
    ['GB 18030-2000', '王', Uint8Array.of(0xcd, 0xf5)],
    ['', 'Müller', Buffer.from('Müller', 'utf8')],
    ['', 'Müller', Buffer.from('Müller', 'latin1')],
  ])('%s is read', (set, name, bytes) => {
    const [before, after] = message(set, '\u0001').split('\u0001');
    expect(nameOf(Buffer.concat([Buffer.from(before!), bytes, Buffer.from(after!)]))).toBe(name);
  });

  it('that are not known, or not what the bytes are, are refused', () => {
    expect(errorOf(() => decodeMessage(Buffer.from(message('EBCDIC', 'x')))).condition).toBe(103);
    expect(errorOf(() => decodeMessage(Buffer.from(message('UNICODE UTF-8', 'Müller'), 'latin1'))).code).toBe(
      'HL7_CHARACTER_SET',
    );
  });

  it('write what they can and ? for the rest', () => {
    expect(Buffer.from(encodeMessage('Müller 山', '8859/1')).toString('latin1')).toBe('Müller ?');
    expect(Buffer.from(encodeMessage('Müller', 'ASCII')).toString('latin1')).toBe('M?ller');
    expect([...encodeMessage('Иван', '8859/5')]).toEqual([0xb8, 0xd2, 0xd0, 0xdd]);
  });
});

describe('an acknowledgement', () => {
  const request = (rest = '') => parseMessage(`${HEADER}${rest}\rPID|1\r`);
  const error = new Hl7Error('the patient has no identifier', {
    code: 'HL7_FIELD_MISSING',
    condition: 101,
    location: { segment: 'PID', field: 3 },
  });
  const at = new Date('2026-11-23T10:15:00Z');

  it('swaps the parties, echoes the control id and says what was wrong and where', () => {
    const text = writeAcknowledgement(request(), { code: 'AE', controlId: 'PP1', at, error });
    const ack = parseMessage(text);
    expect([3, 4, 5, 6].map((field) => ack.header.text(field))).toEqual([
      'PHOTOPEAK',
      'NM',
      'RIS',
      'HOSPITAL',
    ]);
    expect(ack.header.raw(9)).toBe('ACK^A08^ACK');
    const [, msa, err] = ack.segments;
    expect([msa!.text(1), msa!.text(2)]).toEqual(['AE', '77']);
    expect(err!.raw(2)).toBe('PID^1^3');
    expect(err!.raw(3)).toBe('101^Required field missing^HL70357');
    expect(err!.text(4)).toBe('E');
  });

  it('puts the error into ERR-1 for versions before 2.5', () => {
    const old = parseMessage('MSH|^~\\&|A|B|C|D|2026||ADT^A08|5|P|2.3\rPID|1\r');
    const ack = parseMessage(writeAcknowledgement(old, { code: 'AE', controlId: '1', at, error }));
    expect(ack.header.raw(9)).toBe('ACK^A08');
    expect(ack.segments[2]!.raw(1)).toBe('PID^1^3^101&Required field missing&HL70357');
    expect([isBefore('2.3.1', '2.5'), isBefore('2.5.1', '2.5'), isBefore('2.8', '2.5')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('follows MSH-15 and MSH-16', () => {
    const mode = (rest: string) => acknowledgementMode(request(rest).header);
    const answers = (rest: string) => {
      const { isEnhanced, accept, application } = mode(rest);
      return [isEnhanced, accept(true), accept(false), application(true), application(false)];
    };
    expect(answers('')).toEqual([false, false, false, true, true]);
    expect(answers('|||AL|NE')).toEqual([true, true, true, false, false]);
    expect(answers('|||NE|AL')).toEqual([true, false, false, true, true]);
    expect(answers('|||ER|SU')).toEqual([true, false, true, true, false]);
  });
});

describe('times', () => {
  it('are read with and without zone, and refused when they are none', () => {
    expect(readMoment('20261123101500+0100')?.at.toISOString()).toBe('2026-11-23T09:15:00.000Z');
    expect(readMoment('202611231015')).toMatchObject({ date: '20261123', time: '101500' });
    expect(readMoment('20261123')).toMatchObject({ date: '20261123', time: '' });
    expect([readMoment(''), readMoment('2026'), readMoment('20261345'), readMoment('x')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describeWithData('messages of the field', () => {
  const folder = dataFile('hl7_mwl');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(hl7|txt)$/.test(name),
  );

  it('are all there', () => expect(files.length).toBe(28));

  it.each(files)('%s parses, and its header is read', (name) => {
    const message = parseMessage(decodeMessage(readFileSync(path.join(folder, name))));
    expect(message.header.text(9)).toMatch(/^[A-Z]{3}$/);
    expect(message.header.text(10)).not.toBe('');
  });
});
