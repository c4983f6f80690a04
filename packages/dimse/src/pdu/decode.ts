import { DimseError } from '../errors.ts';
import { MAX_CONTEXTS } from './limits.ts';
import {
  type AnsweredContext,
  type AssociateAccept,
  type AssociateRequest,
  type AsynchronousOperations,
  CONTEXT_RESULTS,
  type CommonExtendedNegotiation,
  type ExtendedNegotiation,
  PDU_TYPE,
  type Pdu,
  type ProposedContext,
  type RoleSelection,
  USER_IDENTITY_TYPES,
  type UserIdentity,
  type UserInformation,
} from './types.ts';

/**
 * Reads the body of a PDU (without its 6 byte header). Lengths that do not fit and values outside PS3.8 are
 * DIMSE_PDU_INVALID; items of an unknown type are skipped, as PS3.8 9.3.1 asks.
 */
export function decodePdu(type: number, body: Buffer): Pdu {
  switch (type) {
    case PDU_TYPE['associate-request']:
      return decodeRequest(body);
    case PDU_TYPE['associate-accept']:
      return decodeAccept(body);
    case PDU_TYPE['associate-reject']:
      return { kind: 'associate-reject', ...control(body, ['result', 'source', 'reason']) };
    case PDU_TYPE['release-request']:
      return { kind: 'release-request' };
    case PDU_TYPE['release-reply']:
      return { kind: 'release-reply' };
    case PDU_TYPE.abort: {
      const { source, reason } = control(body, ['reserved', 'source', 'reason']);
      return { kind: 'abort', source, reason };
    }
    default:
      throw invalid('a PDU type from 1 to 7', `type ${type}`, 'PDU header');
  }
}

function invalid(expected: string, found: string, where: string): DimseError {
  return new DimseError('DIMSE_PDU_INVALID', 'The peer sent an invalid protocol data unit.', {
    expected,
    found,
    where,
    remedy: 'Check that the peer speaks DICOM (and TLS exactly where it is configured) on this port.',
  });
}

function control<Name extends string>(body: Buffer, names: readonly Name[]): Record<Name, number> {
  if (body.length < 4) throw invalid('4 bytes', `${body.length} bytes`, 'reject or abort PDU');
  return Object.fromEntries(names.map((name, index) => [name, body[index + 1]!])) as Record<Name, number>;
}

/** Walks a buffer with checked lengths. */
class Cursor {
  readonly #bytes: Buffer;
  readonly #where: string;
  #at = 0;

  constructor(bytes: Buffer, where: string) {
    this.#bytes = bytes;
    this.#where = where;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw invalid(`${length} more bytes`, `${this.left}`, this.#where);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint8(): number {
    return this.take(1)[0]!;
  }

  uint16(): number {
    return this.take(2).readUInt16BE();
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  /** A 16 bit length and that many bytes. */
  counted(): Buffer {
    return this.take(this.uint16());
  }

  uid(): string {
    return text(this.counted());
  }

  *items(): Generator<{ readonly type: number; readonly content: Buffer }> {
    while (this.left > 0) {
      const type = this.uint8();
      this.take(1);
      yield { type, content: this.counted() };
    }
  }
}

/** ASCII without the padding that peers add (blanks, NULs). */
const text = (bytes: Buffer) => bytes.toString('latin1').replace(/[\0 ]+$/, '');

interface AssociateFields {
  readonly protocolVersion: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  readonly applicationContext: string;
  readonly user: UserInformation;
}

function associate(body: Buffer, contextItem: number, onContext: (content: Buffer) => void): AssociateFields {
  const cursor = new Cursor(body, 'A-ASSOCIATE PDU');
  const protocolVersion = cursor.uint16();
  cursor.take(2);
  const calledAeTitle = text(cursor.take(16)).trimStart();
  const callingAeTitle = text(cursor.take(16)).trimStart();
  cursor.take(32);
  let applicationContext = '';
  let user: UserInformation | undefined;
  let contexts = 0;
  for (const { type, content } of cursor.items()) {
    if (type === 0x10) applicationContext = text(content);
    else if (type === 0x50) user = decodeUserInformation(content);
    else if (type === contextItem) {
      contexts += 1;
      if (contexts > MAX_CONTEXTS)
        throw invalid(`at most ${MAX_CONTEXTS} contexts`, 'more', 'A-ASSOCIATE PDU');
      onContext(content);
    }
  }
  user ??= decodeUserInformation(Buffer.alloc(0));
  return { protocolVersion, calledAeTitle, callingAeTitle, applicationContext, user };
}

function decodeRequest(body: Buffer): AssociateRequest {
  const contexts: ProposedContext[] = [];
  const seen = new Set<number>();
  const fields = associate(body, 0x20, (content) => {
    const context = proposedContext(content);
    if (seen.has(context.id)) throw invalid('each context id once', `${context.id} twice`, 'A-ASSOCIATE-RQ');
    seen.add(context.id);
    contexts.push(context);
  });
  return { kind: 'associate-request', ...fields, contexts };
}

function decodeAccept(body: Buffer): AssociateAccept {
  const contexts: AnsweredContext[] = [];
  const fields = associate(body, 0x21, (content) => contexts.push(answeredContext(content)));
  return { kind: 'associate-accept', ...fields, contexts };
}

function proposedContext(content: Buffer): ProposedContext {
  const cursor = new Cursor(content, 'presentation context item');
  const id = cursor.uint8();
  if (id % 2 === 0) throw invalid('an odd context id', String(id), 'presentation context item');
  cursor.take(3);
  let abstractSyntax: string | undefined;
  const transferSyntaxes: string[] = [];
  for (const { type, content } of cursor.items()) {
    if (type === 0x30) abstractSyntax = text(content);
    else if (type === 0x40) transferSyntaxes.push(text(content));
  }
  if (abstractSyntax === undefined || transferSyntaxes.length === 0) {
    throw invalid('an abstract and a transfer syntax', 'none', `presentation context ${id}`);
  }
  return { id, abstractSyntax, transferSyntaxes };
}

function answeredContext(content: Buffer): AnsweredContext {
  const cursor = new Cursor(content, 'presentation context answer');
  const id = cursor.uint8();
  cursor.take(1);
  const code = cursor.uint8();
  cursor.take(1);
  const result = CONTEXT_RESULTS[code];
  if (result === undefined) throw invalid('a context result from 0 to 4', String(code), `context ${id}`);
  let transferSyntax = '';
  for (const { type, content } of cursor.items()) if (type === 0x40) transferSyntax = text(content);
  return { id, result, transferSyntax };
}

function decodeUserInformation(content: Buffer): UserInformation {
  const roles: RoleSelection[] = [];
  const extended: ExtendedNegotiation[] = [];
  const commonExtended: CommonExtendedNegotiation[] = [];
  const single: {
    maxPduLength?: number;
    implementationClassUid?: string;
    implementationVersionName?: string;
    asynchronousOperations?: AsynchronousOperations;
    userIdentity?: UserIdentity;
    userIdentityResponse?: Uint8Array;
  } = {};
  for (const { type, content: bytes } of new Cursor(content, 'user information').items()) {
    const cursor = new Cursor(bytes, `user information sub-item ${type.toString(16)}H`);
    if (type === 0x51) single.maxPduLength = cursor.uint32();
    else if (type === 0x52) single.implementationClassUid = text(bytes);
    else if (type === 0x53) {
      single.asynchronousOperations = { invoked: cursor.uint16(), performed: cursor.uint16() };
    } else if (type === 0x54) {
      roles.push({ sopClassUid: cursor.uid(), scu: cursor.uint8() === 1, scp: cursor.uint8() === 1 });
    } else if (type === 0x55) single.implementationVersionName = text(bytes);
    else if (type === 0x56) {
      extended.push({ sopClassUid: cursor.uid(), information: new Uint8Array(cursor.take(cursor.left)) });
    } else if (type === 0x57) commonExtended.push(decodeCommonExtended(cursor));
    else if (type === 0x58) single.userIdentity = decodeUserIdentity(cursor);
    else if (type === 0x59) single.userIdentityResponse = new Uint8Array(cursor.counted());
  }
  return { maxPduLength: 0, implementationClassUid: '', ...single, roles, extended, commonExtended };
}

function decodeCommonExtended(cursor: Cursor): CommonExtendedNegotiation {
  const sopClassUid = cursor.uid();
  const serviceClassUid = cursor.uid();
  const related = new Cursor(cursor.counted(), 'related general SOP classes');
  const relatedGeneralSopClassUids: string[] = [];
  while (related.left > 0) relatedGeneralSopClassUids.push(related.uid());
  return { sopClassUid, serviceClassUid, relatedGeneralSopClassUids };
}

function decodeUserIdentity(cursor: Cursor): UserIdentity {
  const code = cursor.uint8();
  const type = USER_IDENTITY_TYPES[code - 1];
  if (type === undefined) throw invalid('a user identity type from 1 to 5', String(code), 'user identity');
  const positiveResponseRequested = cursor.uint8() === 1;
  const primary = new Uint8Array(cursor.counted());
  return { type, positiveResponseRequested, primary, secondary: new Uint8Array(cursor.counted()) };
}
