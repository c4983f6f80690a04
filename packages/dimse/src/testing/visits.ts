import { encodeDataSet } from '../data-set/index.ts';
import type { Command } from '../message/command.ts';
import { type AssociateRequest, encodePdu } from '../pdu/index.ts';
import { MODALITY_WORKLIST, STORAGE_COMMITMENT, STUDY_ROOT, TRANSFER_SYNTAX, UPS } from '../uids.ts';
import { CT, dataSetBytes } from './instances.ts';
import { acceptPdu, commandPdu, dataPdu, requestPdu, USER } from './raw-peer.ts';

const { explicitLittleEndian: explicit, implicitLittleEndian: implicit } = TRANSFER_SYNTAX;

/** The classes that a visit proposes, as contexts 1, 3, 5, … */
const CLASSES = [
  CT,
  STUDY_ROOT.find,
  STUDY_ROOT.get,
  MODALITY_WORKLIST,
  STORAGE_COMMITMENT,
  UPS.push,
  '1.2.840.10008.1.1',
];
const idOf = (uid: string) => 2 * CLASSES.indexOf(uid) + 1;

const REQUEST: Partial<AssociateRequest> = {
  contexts: CLASSES.map((abstractSyntax) => ({
    id: idOf(abstractSyntax),
    abstractSyntax,
    transferSyntaxes: [explicit, implicit],
  })),
  user: {
    ...USER,
    implementationVersionName: 'SEED',
    asynchronousOperations: { invoked: 4, performed: 1 },
    roles: [{ sopClassUid: CT, scu: true, scp: true }],
    extended: [{ sopClassUid: STUDY_ROOT.find, information: new Uint8Array([1, 1, 1]) }],
    commonExtended: [
      { sopClassUid: CT, serviceClassUid: '1.2.840.10008.4.2', relatedGeneralSopClassUids: [CT] },
    ],
    userIdentity: {
      type: 'username-passcode',
      positiveResponseRequested: true,
      primary: Buffer.from('reader'),
      secondary: Buffer.from('secret'),
    },
  },
};

/** Room for more than what a mutation makes of it. */
const RELEASE = encodePdu({ kind: 'release-request' });

const keys = encodeDataSet(
  [
    { tag: 0x00080052, vr: 'CS', value: 'STUDY' },
    { tag: 0x00081199, vr: 'SQ', value: [[{ tag: 0x00081155, vr: 'UI', value: '2.25.1' }]] },
    { tag: 0x00081195, vr: 'UI', value: '2.25.2' },
    { tag: 0x00100010, vr: 'PN', value: '*' },
  ],
  explicit,
);

const request = (uid: string, command: Omit<Command, 'messageId' | 'hasDataSet'>, dataSet?: Buffer) =>
  Buffer.concat([
    commandPdu(idOf(uid), { ...command, messageId: idOf(uid), hasDataSet: dataSet !== undefined }),
    ...(dataSet === undefined ? [] : [dataPdu(idOf(uid), dataSet, true)]),
  ]);

function store(uid: string): Buffer {
  const bytes = dataSetBytes(uid, 1024);
  const command = {
    commandField: 1,
    affectedSopClassUid: CT,
    affectedSopInstanceUid: uid,
    messageId: 9,
    priority: 0,
  };
  return Buffer.concat([
    commandPdu(1, { ...command, hasDataSet: true }),
    dataPdu(1, bytes.subarray(0, 700), false),
    dataPdu(1, bytes.subarray(700), true),
  ]);
}

const visit = (...parts: readonly Buffer[]) => Buffer.concat([requestPdu(REQUEST), ...parts, RELEASE]);

/** What a requestor sends, from its first byte to its last: the seeds of the acceptor's fuzzing. */
export const VISITS: Readonly<Record<string, () => Buffer>> = {
  'visit-store': () => visit(store('2.25.11'), store('2.25.12')),
  'visit-query': () =>
    visit(
      request('1.2.840.10008.1.1', { commandField: 0x30 }),
      request(
        STUDY_ROOT.find,
        { commandField: 0x20, affectedSopClassUid: STUDY_ROOT.find, priority: 0 },
        keys,
      ),
      commandPdu(3, { commandField: 0x0fff, messageIdBeingRespondedTo: 3, hasDataSet: false }),
      request(
        MODALITY_WORKLIST,
        { commandField: 0x20, affectedSopClassUid: MODALITY_WORKLIST, priority: 0 },
        keys,
      ),
    ),
  'visit-get': () =>
    visit(
      request(STUDY_ROOT.get, { commandField: 0x10, affectedSopClassUid: STUDY_ROOT.get, priority: 0 }, keys),
      commandPdu(1, { commandField: 0x8001, messageIdBeingRespondedTo: 1, status: 0, hasDataSet: false }),
    ),
  'visit-manage': () => {
    const instance = {
      requestedSopClassUid: STORAGE_COMMITMENT,
      requestedSopInstanceUid: '1.2.840.10008.1.20.1.1',
    };
    return visit(
      request(STORAGE_COMMITMENT, { commandField: 0x130, actionTypeId: 1, ...instance }, keys),
      request(
        UPS.push,
        { commandField: 0x140, affectedSopClassUid: UPS.push, affectedSopInstanceUid: '2.25.5' },
        keys,
      ),
      request(UPS.push, {
        commandField: 0x110,
        requestedSopClassUid: UPS.push,
        requestedSopInstanceUid: '2.25.5',
        attributeIdentifierList: [0x00100010, 0x00741000],
      }),
    );
  },
};

/** What an acceptor sends to a requestor that queries and fetches: the seeds of the requestor's fuzzing. */
export const ANSWERS: Readonly<Record<string, () => Buffer>> = {
  'answer-query': () => {
    const asked: AssociateRequest = {
      kind: 'associate-request',
      protocolVersion: 1,
      calledAeTitle: 'PACS',
      callingAeTitle: 'NODE',
      applicationContext: '1.2.840.10008.3.1.1.1',
      contexts: [STUDY_ROOT.find, STUDY_ROOT.get, CT].map((abstractSyntax, index) => ({
        id: 2 * index + 1,
        abstractSyntax,
        transferSyntaxes: [explicit],
      })),
      user: USER,
    };
    const roles = [{ sopClassUid: CT, scu: false, scp: true }];
    const response = (commandField: number, id: number, status: number, dataSet?: Buffer) =>
      Buffer.concat([
        commandPdu(2 * id - 1, {
          commandField,
          messageIdBeingRespondedTo: id,
          status,
          hasDataSet: dataSet !== undefined,
        }),
        ...(dataSet === undefined ? [] : [dataPdu(2 * id - 1, dataSet, true)]),
      ]);
    return Buffer.concat([
      acceptPdu(asked, { user: { ...USER, roles } }),
      response(0x8020, 1, 0xff00, keys),
      response(0x8020, 1, 0xff00, keys),
      response(0x8020, 1, 0),
      commandPdu(5, {
        commandField: 1,
        affectedSopClassUid: CT,
        affectedSopInstanceUid: '2.25.13',
        messageId: 1,
        priority: 0,
        hasDataSet: true,
      }),
      dataPdu(5, dataSetBytes('2.25.13', 256), true),
      response(0x8010, 2, 0xb000, keys),
      encodePdu({ kind: 'release-reply' }),
    ]);
  },
};
