import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DimseError } from '../errors.ts';
import { checkAeTitle, encodePdu, isUid } from './encode.ts';
import { MAX_ASSOCIATE_BYTES } from './limits.ts';
import { type Fragment, PduReader } from './reader.ts';
import { CONTEXT_RESULTS, type Pdu, USER_IDENTITY_TYPES } from './types.ts';

const uid = fc
  .array(fc.integer({ min: 0, max: 99999 }), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join('.'));
const aeTitle = fc.stringMatching(/^[A-Za-z0-9_]([A-Za-z0-9_ ]{0,14}[A-Za-z0-9_])?$/);
const bytes = fc.uint8Array({ maxLength: 40 });
const oddId = fc.integer({ min: 0, max: 127 }).map((n) => 2 * n + 1);

const user = fc.record(
  {
    maxPduLength: fc.nat(),
    implementationClassUid: uid,
    implementationVersionName: fc.stringMatching(/^[A-Z0-9_.]{1,16}$/),
    asynchronousOperations: fc.record({
      invoked: fc.nat({ max: 65535 }),
      performed: fc.nat({ max: 65535 }),
    }),
    roles: fc.array(fc.record({ sopClassUid: uid, scu: fc.boolean(), scp: fc.boolean() }), { maxLength: 5 }),
    extended: fc.array(fc.record({ sopClassUid: uid, information: bytes }), { maxLength: 5 }),
    commonExtended: fc.array(
      fc.record({
        sopClassUid: uid,
        serviceClassUid: uid,
        relatedGeneralSopClassUids: fc.array(uid, { maxLength: 3 }),
      }),
      { maxLength: 3 },
    ),
    userIdentity: fc.record({
      type: fc.constantFrom(...USER_IDENTITY_TYPES),
      positiveResponseRequested: fc.boolean(),
      primary: bytes,
      secondary: bytes,
    }),
    userIdentityResponse: bytes,
  },
  {
    requiredKeys: ['maxPduLength', 'implementationClassUid', 'roles', 'extended', 'commonExtended'],
    noNullPrototype: true,
  },
);

const head = {
  protocolVersion: fc.nat({ max: 65535 }),
  calledAeTitle: aeTitle,
  callingAeTitle: aeTitle,
  applicationContext: uid,
  user,
};

const request = fc.record({
  kind: fc.constant('associate-request' as const),
  ...head,
  contexts: fc.uniqueArray(
    fc.record({
      id: oddId,
      abstractSyntax: uid,
      transferSyntaxes: fc.array(uid, { minLength: 1, maxLength: 5 }),
    }),
    { selector: ({ id }) => id, maxLength: 128 },
  ),
});

const accept = fc.record({
  kind: fc.constant('associate-accept' as const),
  ...head,
  contexts: fc.array(
    fc.record({ id: oddId, result: fc.constantFrom(...CONTEXT_RESULTS), transferSyntax: uid }),
    { maxLength: 128 },
  ),
});

const byte = fc.nat({ max: 255 });
const pdu: fc.Arbitrary<Pdu> = fc.oneof(
  request,
  accept,
  fc.record({ kind: fc.constant('associate-reject' as const), result: byte, source: byte, reason: byte }),
  fc.record({ kind: fc.constant('abort' as const), source: byte, reason: byte }),
  fc.constant({ kind: 'release-request' as const }),
  fc.constant({ kind: 'release-reply' as const }),
);

/** Everything that a reader makes of some bytes, cut into pieces at will. */
function read(stream: Buffer, cuts: readonly number[] = [], maxPduLength = 65536) {
  const pdus: Pdu[] = [];
  const fragments: Fragment[] = [];
  const errors: DimseError[] = [];
  const reader = new PduReader(maxPduLength, {
    pdu: (value) => pdus.push(value),
    data: () => {},
    fragment: (value) => fragments.push(value),
    invalid: (error) => errors.push(error),
  });
  let at = 0;
  for (const cut of cuts) {
    reader.push(stream.subarray(at, at + cut));
    at += cut;
  }
  reader.push(stream.subarray(at));
  return { pdus, fragments, errors, reader };
}

const cuts = fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 40 });

describe('protocol data units', () => {
  it('read as they were written, however the socket cuts them', () => {
    fc.assert(
      fc.property(fc.array(pdu, { minLength: 1, maxLength: 3 }), cuts, (pdus, where) => {
        const result = read(Buffer.concat(pdus.map(encodePdu)), where);
        expect(result.errors).toEqual([]);
        expect(result.pdus).toEqual(pdus);
        expect(result.reader.isMidPdu).toBe(false);
      }),
    );
  });

  it('pass fragments on as they come and say where a value ends', () => {
    const content = Buffer.from(Array.from({ length: 100 }, (_, i) => i));
    const first = Buffer.concat([Buffer.from([0, 0, 0, 62, 1, 1]), content.subarray(0, 60)]);
    const second = Buffer.concat([Buffer.from([0, 0, 0, 42, 3, 2]), content.subarray(60)]);
    const head = Buffer.from([4, 0, 0, 0, 0, first.length + second.length]);
    fc.assert(
      fc.property(cuts, (where) => {
        const { fragments, errors } = read(Buffer.concat([head, first, second]), where);
        expect(errors).toEqual([]);
        expect(Buffer.concat(fragments.map((fragment) => fragment.bytes))).toEqual(content);
        const ends = fragments.filter((fragment) => fragment.isComplete);
        expect(ends.map(({ contextId, isCommand, isLast }) => [contextId, isCommand, isLast])).toEqual([
          [1, true, false],
          [3, false, true],
        ]);
      }),
    );
  });

  it('never throw on garbage, and stop at the first thing that cannot be framed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 400 }), cuts, (garbage, where) => {
        const { errors } = read(Buffer.from(garbage), where);
        expect(errors.length).toBeLessThanOrEqual(1);
        for (const error of errors) expect(error.code).toBe('DIMSE_PDU_INVALID');
      }),
      { numRuns: 500 },
    );
  });

  it('never throw on a valid association request with bytes flipped', () => {
    fc.assert(
      fc.property(
        request,
        fc.array(fc.tuple(fc.nat(), byte), { minLength: 1, maxLength: 8 }),
        (value, flips) => {
          const stream = encodePdu(value);
          for (const [at, flip] of flips) stream[at % stream.length] = flip;
          const { errors } = read(stream);
          for (const error of errors) expect(error).toBeInstanceOf(DimseError);
        },
      ),
      { numRuns: 300 },
    );
  });

  const header = (type: number, length: number) => {
    const bytes = Buffer.alloc(6);
    bytes[0] = type;
    bytes.writeUInt32BE(length, 2);
    return bytes;
  };

  it.each([
    ['an association request of 4 GB', header(1, 0xffffffff)],
    ['an association request just over the limit', header(1, MAX_ASSOCIATE_BYTES + 1)],
    ['a P-DATA of 4 GB', header(4, 0xffffffff)],
    ['a P-DATA over the offered maximum', header(4, 65536 + 13)],
    ['an empty P-DATA', header(4, 0)],
    ['an abort of 4 GB', header(7, 0xffffffff)],
    ['PDU type 0', header(0, 4)],
    ['PDU type 8', header(8, 4)],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a TLS hello', Buffer.from('160301020001000001fc0303', 'hex')],
    ['a value longer than its PDU', Buffer.concat([header(4, 10), Buffer.from([0, 0, 0, 200, 1, 3])])],
    ['a value without its two bytes', Buffer.concat([header(4, 10), Buffer.from([0, 0, 0, 1, 1, 3])])],
  ])('refuse %s from its header alone', (_name, stream) => {
    const { errors, reader } = read(stream);
    expect(errors.map(({ code }) => code)).toEqual(['DIMSE_PDU_INVALID']);
    expect(reader.isMidPdu).toBe(false);
  });

  it('refuse even context ids, repeated ids and contexts without syntaxes', () => {
    const context = { id: 1, abstractSyntax: '1.2', transferSyntaxes: ['1.2.3'] };
    const base: Pdu = {
      kind: 'associate-request',
      protocolVersion: 1,
      calledAeTitle: 'A',
      callingAeTitle: 'B',
      applicationContext: '1.2',
      contexts: [],
      user: { maxPduLength: 0, implementationClassUid: '1', roles: [], extended: [], commonExtended: [] },
    };
    for (const contexts of [
      [{ ...context, id: 2 }],
      [context, context],
      [{ ...context, transferSyntaxes: [] }],
    ]) {
      expect(read(encodePdu({ ...base, contexts })).errors).toHaveLength(1);
    }
    expect(read(encodePdu({ ...base, contexts: [context] })).errors).toEqual([]);
  });

  it('accept AE titles and UIDs of the standard and no others', () => {
    expect(checkAeTitle(' PACS 1 ')).toBe('PACS 1');
    for (const title of ['', '   ', 'SEVENTEEN_LETTERS', 'A\\B', 'Ä']) {
      expect(() => checkAeTitle(title)).toThrow(DimseError);
    }
    expect(['1.2.840.10008.1.1', '2.25.3', '1.02'].every(isUid)).toBe(true);
    expect(['', '1..2', '.1', '1.', '1.2a', '../etc', '1'.repeat(65)].some(isUid)).toBe(false);
  });
});
