import { DimseError } from '../errors.ts';
import { MAX_AE_TITLE, MAX_CONTEXTS, MAX_UID, PDU_HEADER_BYTES } from './limits.ts';
import {
  type AnsweredContext,
  type AssociateAccept,
  type AssociateRequest,
  CONTEXT_RESULTS,
  PDU_TYPE,
  type Pdu,
  type ProposedContext,
  USER_IDENTITY_TYPES,
  type UserInformation,
} from './types.ts';

/** One buffer for one PDU, header included (PS3.8 9.3). A value that does not fit is DIMSE_ARGUMENT. */
export function encodePdu(pdu: Pdu): Buffer {
  switch (pdu.kind) {
    case 'associate-request':
      return frame(PDU_TYPE[pdu.kind], associate(pdu, pdu.contexts.map(proposedContext)));
    case 'associate-accept':
      return frame(PDU_TYPE[pdu.kind], associate(pdu, pdu.contexts.map(answeredContext)));
    case 'associate-reject':
      return frame(PDU_TYPE[pdu.kind], Buffer.from([0, pdu.result, pdu.source, pdu.reason]));
    case 'abort':
      return frame(PDU_TYPE[pdu.kind], Buffer.from([0, 0, pdu.source, pdu.reason]));
    case 'release-request':
    case 'release-reply':
      return frame(PDU_TYPE[pdu.kind], Buffer.alloc(4));
  }
}

function frame(type: number, body: Buffer): Buffer {
  const pdu = Buffer.alloc(PDU_HEADER_BYTES + body.length);
  pdu[0] = type;
  pdu.writeUInt32BE(body.length, 2);
  body.copy(pdu, PDU_HEADER_BYTES);
  return pdu;
}

function associate(pdu: AssociateRequest | AssociateAccept, contexts: readonly Buffer[]): Buffer {
  if (contexts.length > MAX_CONTEXTS) {
    throw new DimseError('DIMSE_ARGUMENT', 'Too many presentation contexts for one association.', {
      expected: `at most ${MAX_CONTEXTS}`,
      found: String(contexts.length),
      remedy: 'Spread the SOP classes and transfer syntaxes over several associations.',
    });
  }
  const fixed = Buffer.alloc(68);
  fixed.writeUInt16BE(pdu.protocolVersion, 0);
  fixed.write(aeTitle(pdu.calledAeTitle), 4, 'latin1');
  fixed.write(aeTitle(pdu.callingAeTitle), 20, 'latin1');
  return Buffer.concat([
    fixed,
    item(0x10, uidBytes(pdu.applicationContext)),
    ...contexts,
    item(0x50, userInformation(pdu.user)),
  ]);
}

function proposedContext(context: ProposedContext): Buffer {
  return item(
    0x20,
    Buffer.concat([
      Buffer.from([context.id, 0, 0, 0]),
      item(0x30, uidBytes(context.abstractSyntax)),
      ...context.transferSyntaxes.map((syntax) => item(0x40, uidBytes(syntax))),
    ]),
  );
}

function answeredContext(context: AnsweredContext): Buffer {
  // A refused context still carries one transfer syntax sub-item, which is not significant (PS3.8 9.3.3.2).
  return item(
    0x21,
    Buffer.concat([
      Buffer.from([context.id, 0, CONTEXT_RESULTS.indexOf(context.result), 0]),
      item(0x40, uidBytes(context.transferSyntax)),
    ]),
  );
}

function userInformation(user: UserInformation): Buffer {
  const parts = [item(0x51, uint32(user.maxPduLength)), item(0x52, uidBytes(user.implementationClassUid))];
  if (user.asynchronousOperations !== undefined) {
    const { invoked, performed } = user.asynchronousOperations;
    parts.push(item(0x53, Buffer.concat([uint16(invoked), uint16(performed)])));
  }
  for (const role of user.roles) {
    parts.push(item(0x54, Buffer.concat([counted(uidBytes(role.sopClassUid)), flags(role.scu, role.scp)])));
  }
  if (user.implementationVersionName !== undefined) {
    parts.push(item(0x55, Buffer.from(user.implementationVersionName.slice(0, 16), 'latin1')));
  }
  for (const extended of user.extended) {
    parts.push(item(0x56, Buffer.concat([counted(uidBytes(extended.sopClassUid)), extended.information])));
  }
  for (const common of user.commonExtended) {
    const related = Buffer.concat(
      common.relatedGeneralSopClassUids.map((related) => counted(uidBytes(related))),
    );
    const uids = [counted(uidBytes(common.sopClassUid)), counted(uidBytes(common.serviceClassUid))];
    parts.push(item(0x57, Buffer.concat([...uids, counted(related)])));
  }
  if (user.userIdentity !== undefined) {
    const { type, positiveResponseRequested, primary, secondary } = user.userIdentity;
    const head = Buffer.from([USER_IDENTITY_TYPES.indexOf(type) + 1, positiveResponseRequested ? 1 : 0]);
    parts.push(item(0x58, Buffer.concat([head, counted(primary), counted(secondary)])));
  }
  if (user.userIdentityResponse !== undefined) parts.push(item(0x59, counted(user.userIdentityResponse)));
  return Buffer.concat(parts);
}

/** Type, reserved byte, 16 bit length, content: the form of every item and sub-item. */
function item(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, 0]), counted(content)]);
}

function counted(content: Uint8Array): Buffer {
  if (content.length > 0xffff) {
    throw new DimseError('DIMSE_ARGUMENT', 'An item of the association request is too long.', {
      expected: 'at most 65535 bytes',
      found: String(content.length),
    });
  }
  return Buffer.concat([uint16(content.length), content]);
}

const flags = (...values: boolean[]) => Buffer.from(values.map((value) => (value ? 1 : 0)));

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function aeTitle(title: string): string {
  return checkAeTitle(title).padEnd(MAX_AE_TITLE);
}

/** An AE title as PS3.5 6.2 wants it: 1 to 16 printable characters, no backslash; returned without padding. */
export function checkAeTitle(title: string): string {
  const trimmed = title.trim();
  if (!/^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(trimmed)) {
    throw new DimseError('DIMSE_ARGUMENT', 'Not an AE title.', {
      expected: `1 to ${MAX_AE_TITLE} printable ASCII characters without backslash`,
      found: JSON.stringify(title),
    });
  }
  return trimmed;
}

function uidBytes(uid: string): Buffer {
  if (uid !== '' && !isUid(uid)) {
    throw new DimseError('DIMSE_ARGUMENT', 'Not a UID.', {
      expected: `digits and dots, at most ${MAX_UID} characters`,
      found: JSON.stringify(uid.slice(0, 80)),
    });
  }
  return Buffer.from(uid, 'latin1');
}

/**
 * Whether a text can serve as a UID: digits and dots, at most 64. Leading zeros in a component are forbidden by
 * PS3.5 9.1 but written by devices of the field, so they pass.
 */
export function isUid(text: string): boolean {
  return text.length <= MAX_UID && /^[0-9]+(\.[0-9]+)*$/.test(text);
}
