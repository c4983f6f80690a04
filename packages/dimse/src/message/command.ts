import { DimseError } from '../errors.ts';
import { isUid } from '../pdu/index.ts';

/** The command set of a DIMSE message, PS3.7 annex E: always implicit VR little endian, group 0000. */
export interface Command {
  readonly commandField: number;
  readonly affectedSopClassUid?: string;
  readonly requestedSopClassUid?: string;
  readonly messageId?: number;
  readonly messageIdBeingRespondedTo?: number;
  readonly moveDestination?: string;
  readonly priority?: number;
  /** Whether a data set follows (0000,0800). */
  readonly hasDataSet: boolean;
  readonly status?: number;
  readonly offendingElements?: readonly number[];
  readonly errorComment?: string;
  readonly errorId?: number;
  readonly affectedSopInstanceUid?: string;
  readonly requestedSopInstanceUid?: string;
  readonly eventTypeId?: number;
  readonly attributeIdentifierList?: readonly number[];
  readonly actionTypeId?: number;
  readonly remainingSuboperations?: number;
  readonly completedSuboperations?: number;
  readonly failedSuboperations?: number;
  readonly warningSuboperations?: number;
  readonly moveOriginatorAeTitle?: string;
  readonly moveOriginatorMessageId?: number;
}

/** PS3.7 annex E.1, command field; a response has the highest bit set. */
export const COMMAND_FIELD = {
  'C-STORE': 0x0001,
  'C-GET': 0x0010,
  'C-FIND': 0x0020,
  'C-MOVE': 0x0021,
  'C-ECHO': 0x0030,
  'N-EVENT-REPORT': 0x0100,
  'N-GET': 0x0110,
  'N-SET': 0x0120,
  'N-ACTION': 0x0130,
  'N-CREATE': 0x0140,
  'N-DELETE': 0x0150,
  'C-CANCEL': 0x0fff,
} as const;

export const RESPONSE_BIT = 0x8000;
export const isResponse = (command: Command) => (command.commandField & RESPONSE_BIT) !== 0;

/** No command set of PS3.7 comes near this; N-GET attribute lists are the longest. */
export const MAX_COMMAND_BYTES = 64 * 1024;

/** (0000,0800): this value says that there is no data set, any other that there is one. */
const NO_DATA_SET = 0x0101;
const DATA_SET_FOLLOWS = 0x0000;

type FieldType = 'UI' | 'US' | 'AE' | 'LO' | 'AT';
type FieldName = Exclude<keyof Command, 'hasDataSet'>;

/** PS3.7 table E.1-1 in the order of the elements, which is the order on the wire. */
const FIELDS: readonly (readonly [element: number, name: FieldName, type: FieldType])[] = [
  [0x0002, 'affectedSopClassUid', 'UI'],
  [0x0003, 'requestedSopClassUid', 'UI'],
  [0x0100, 'commandField', 'US'],
  [0x0110, 'messageId', 'US'],
  [0x0120, 'messageIdBeingRespondedTo', 'US'],
  [0x0600, 'moveDestination', 'AE'],
  [0x0700, 'priority', 'US'],
  [0x0900, 'status', 'US'],
  [0x0901, 'offendingElements', 'AT'],
  [0x0902, 'errorComment', 'LO'],
  [0x0903, 'errorId', 'US'],
  [0x1000, 'affectedSopInstanceUid', 'UI'],
  [0x1001, 'requestedSopInstanceUid', 'UI'],
  [0x1002, 'eventTypeId', 'US'],
  [0x1005, 'attributeIdentifierList', 'AT'],
  [0x1008, 'actionTypeId', 'US'],
  [0x1020, 'remainingSuboperations', 'US'],
  [0x1021, 'completedSuboperations', 'US'],
  [0x1022, 'failedSuboperations', 'US'],
  [0x1023, 'warningSuboperations', 'US'],
  [0x1030, 'moveOriginatorAeTitle', 'AE'],
  [0x1031, 'moveOriginatorMessageId', 'US'],
];

const DATA_SET_TYPE = 0x0800;
const GROUP_LENGTH = 0x0000;
const byElement = new Map(FIELDS.map(([element, name, type]) => [element, { name, type }]));

type FieldValue = string | number | readonly number[];

/** The bytes of a command set, group length first (PS3.7 6.3.1). */
export function encodeCommand(command: Command): Buffer {
  const elements: Buffer[] = [];
  let hasWrittenType = false;
  for (const [element, name, type] of FIELDS) {
    if (element > DATA_SET_TYPE && !hasWrittenType) {
      elements.push(dataSetType(command));
      hasWrittenType = true;
    }
    const value = command[name];
    if (value !== undefined) elements.push(encodeElement(element, encodeValue(type, value)));
  }
  const body = Buffer.concat(elements);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([encodeElement(GROUP_LENGTH, length), body]);
}

function dataSetType(command: Command): Buffer {
  return encodeElement(DATA_SET_TYPE, encodeValue('US', command.hasDataSet ? DATA_SET_FOLLOWS : NO_DATA_SET));
}

function encodeElement(element: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(8 + value.length);
  bytes.writeUInt16LE(element, 2);
  bytes.writeUInt32LE(value.length, 4);
  value.copy(bytes, 8);
  return bytes;
}

function encodeValue(type: FieldType, value: FieldValue): Buffer {
  if (type === 'US') {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value as number);
    return bytes;
  }
  if (type === 'AT') {
    const tags = value as readonly number[];
    const bytes = Buffer.alloc(4 * tags.length);
    tags.forEach((tag, index) => {
      bytes.writeUInt16LE(tag >>> 16, 4 * index);
      bytes.writeUInt16LE(tag & 0xffff, 4 * index + 2);
    });
    return bytes;
  }
  const text = type === 'LO' ? (value as string).slice(0, 64) : (value as string);
  return Buffer.from(text.length % 2 === 0 ? text : text + (type === 'UI' ? '\0' : ' '), 'latin1');
}

/** Reads a command set; unknown elements are skipped, broken ones are DIMSE_COMMAND_INVALID. */
export function decodeCommand(bytes: Buffer): Command {
  const fields: Record<string, FieldValue | boolean> = {};
  let hasDataSet = false;
  let at = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) throw invalid('a whole element', 'the end', at);
    const group = bytes.readUInt16LE(at);
    const element = bytes.readUInt16LE(at + 2);
    const length = bytes.readUInt32LE(at + 4);
    if (group !== 0) throw invalid('group 0000', `group ${group.toString(16).padStart(4, '0')}`, at);
    if (length > bytes.length - at - 8)
      throw invalid('an element inside the command set', `${length} bytes`, at);
    const value = bytes.subarray(at + 8, at + 8 + length);
    const field = byElement.get(element);
    if (element === DATA_SET_TYPE) hasDataSet = uint16(value, at) !== NO_DATA_SET;
    else if (field !== undefined) fields[field.name] = decodeValue(field.type, value, at);
    at += 8 + length;
  }
  if (typeof fields.commandField !== 'number') throw invalid('a command field', 'none', 0);
  return { ...(fields as unknown as Command), hasDataSet };
}

function decodeValue(type: FieldType, value: Buffer, at: number): FieldValue {
  if (type === 'US') return uint16(value, at);
  if (type === 'AT') {
    const tags: number[] = [];
    for (let i = 0; i + 4 <= value.length; i += 4) {
      tags.push(((value.readUInt16LE(i) << 16) | value.readUInt16LE(i + 2)) >>> 0);
    }
    return tags;
  }
  return value
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart();
}

function uint16(value: Buffer, at: number): number {
  if (value.length < 2) throw invalid('an unsigned short', `${value.length} bytes`, at);
  return value.readUInt16LE();
}

function invalid(expected: string, found: string, at: number): DimseError {
  return new DimseError('DIMSE_COMMAND_INVALID', 'The peer sent an invalid command set.', {
    expected,
    found,
    where: `command set, byte ${at}`,
  });
}

/** A UID of a command set that will name a file or an index entry, or undefined where it cannot. */
export function usableUid(uid: string | undefined): string | undefined {
  return uid !== undefined && isUid(uid) ? uid : undefined;
}
