import type { CodeColumn, OrderState } from '../database/index.ts';
import { Hl7Error, type Hl7Message, type Hl7Segment, readMoment } from '../hl7/index.ts';
import { findSegment, missing, type Patient, physicianName, readPatient, short } from '../patients/index.ts';
import type { OrderContent, OrderControl, OrderPriority, OrderRequest } from './order.ts';

/** A message with more steps than this is not an order. */
const MOST_STEPS = 256;
const LONGEST_TEXT = 4096;

/** ORC with what belongs to it, up to the next ORC. */
interface Group {
  readonly index: number;
  readonly segments: readonly Hl7Segment[];
}

/**
 * The orders of ORM^O01, OMI^O23 or OMG^O19, one per scheduled step. IPC names them in OMI; else OBR-18, -19, -20,
 * -24 and ZDS-1 do, as IHE and the vendors of worklists have it (docs/hl7.md lists every field).
 * @throws Hl7Error HL7_SEGMENT_MISSING, HL7_FIELD_MISSING, HL7_ORDER_CONTROL
 */
export function readOrders(message: Hl7Message): OrderRequest[] {
  const patient = readPatient(message);
  findSegment(message, 'ORC');
  const visit = message.segments.find((segment) => segment.name === 'PV1');
  const pid = findSegment(message, 'PID');
  const body = readBody(message.segments);
  const requests = groupsOf(message).flatMap((group) => {
    const orc = group.segments[0]!;
    const control = readControl(orc, group);
    const common = { patient, visitNumber: visitNumber(visit, pid), ...body };
    const referringPhysician = visit === undefined ? '' : physicianName(visit, 8);
    return readSteps(group, orc, { ...common, referringPhysician }, control);
  });
  if (requests.length > MOST_STEPS) {
    throw new Hl7Error('the message orders too many steps', {
      code: 'HL7_ORDER_TOO_LARGE',
      condition: 207,
      expected: `at most ${MOST_STEPS}`,
      found: String(requests.length),
    });
  }
  return requests;
}

function groupsOf(message: Hl7Message): Group[] {
  const groups: { index: number; segments: Hl7Segment[] }[] = [];
  for (const segment of message.segments) {
    if (segment.name === 'ORC') groups.push({ index: groups.length + 1, segments: [segment] });
    else groups.at(-1)?.segments.push(segment);
  }
  return groups;
}

/** PV1-19, else the account number PID-18. */
const visitNumber = (visit: Hl7Segment | undefined, pid: Hl7Segment): string =>
  short(visit?.text(19) || pid.text(18));

const NEW: ReadonlySet<string> = new Set(['NW', 'RO']);
const CHANGE: ReadonlySet<string> = new Set(['XO', 'XX', 'RP', 'RU']);
const STATES: Readonly<Record<string, OrderState>> = {
  CA: 'cancelled',
  OC: 'cancelled',
  DC: 'discontinued',
  OD: 'discontinued',
};
/** HL7 table 0038, order status. */
const STATUS: Readonly<Record<string, OrderState>> = {
  SC: 'scheduled',
  HD: 'scheduled',
  IP: 'in-progress',
  A: 'in-progress',
  CM: 'completed',
  CA: 'cancelled',
  DC: 'discontinued',
};

function readControl(orc: Hl7Segment, group: Group): OrderControl {
  const control = orc.text(1);
  if (NEW.has(control) || CHANGE.has(control)) return { kind: 'place', isNew: NEW.has(control) };
  const state = STATES[control];
  if (state !== undefined) return { kind: 'state', state };
  if (control === 'SC' || control === 'SN' || control === 'SS') {
    const status = STATUS[orc.text(5)];
    if (status !== undefined) return { kind: 'state', state: status };
    throw new Hl7Error('the order status is not known', {
      code: 'HL7_ORDER_STATUS',
      condition: 103,
      location: { segment: 'ORC', sequence: group.index, field: 5 },
      expected: Object.keys(STATUS).join(', '),
    });
  }
  throw new Hl7Error('the order control code is not one that this node acts on', {
    code: 'HL7_ORDER_CONTROL',
    condition: 103,
    location: { segment: 'ORC', sequence: group.index, field: 1 },
    expected: 'NW, XO, CA, DC or SC',
  });
}

type Common = Pick<OrderContent, 'patient' | 'visitNumber' | 'weightKg' | 'sizeM' | 'referringPhysician'> & {
  readonly patient: Patient;
};

function readSteps(group: Group, orc: Hl7Segment, common: Common, control: OrderControl): OrderRequest[] {
  const all = (name: string) => group.segments.filter((segment) => segment.name === name);
  const [obr] = all('OBR');
  const [tq1] = all('TQ1');
  const [zds] = all('ZDS');
  const at = (segment: Hl7Segment | undefined, field: number, component = 1) =>
    short(segment?.text(field, component) ?? '');
  const shared = {
    ...common,
    placerNumber: at(orc, 2) || at(obr, 2),
    placerIssuer: at(orc, 2, 2) || at(obr, 2, 2),
    fillerNumber: at(orc, 3) || at(obr, 3),
    fillerIssuer: at(orc, 3, 2) || at(obr, 3, 2),
    procedureCode: readCode(obr, 44) ?? readCode(obr, 4),
    description: at(obr, 44, 2) || at(obr, 4, 2) || at(obr, 4),
    reason: reasonOf(obr, all('DG1')),
    reasonCode: codedReason(obr),
    clinicalInformation: [obr?.value(13).text ?? '', ...all('NTE').map((note) => note.value(3).text)]
      .filter((text) => text !== '')
      .join('\n')
      .slice(0, LONGEST_TEXT),
    priority: readPriority(at(tq1, 9) || at(orc, 7, 6) || at(obr, 27, 6) || at(obr, 5)),
    scheduledAt: firstMoment(at(tq1, 7), at(orc, 7, 4), at(obr, 27, 4), at(obr, 36)),
    orderingPhysician: (obr && physicianName(obr, 16)) || physicianName(orc, 12),
    bodyPart: at(obr, 15, 4),
  };
  const steps = all('IPC');
  const contents: OrderContent[] =
    steps.length > 0
      ? steps.map((ipc) => ({
          ...shared,
          accessionNumber: at(ipc, 1),
          accessionIssuer: at(ipc, 1, 2),
          requestedProcedureId: at(ipc, 2),
          studyInstanceUid: readUid(at(ipc, 3), 'IPC', 3),
          scheduledStepId: at(ipc, 4),
          modality: at(ipc, 5),
          stationAeTitle: at(ipc, 9),
          procedureCode: shared.procedureCode ?? readCode(ipc, 6),
        }))
      : [
          {
            ...shared,
            accessionNumber: at(obr, 18),
            accessionIssuer: at(obr, 18, 2),
            requestedProcedureId: at(obr, 19),
            scheduledStepId: at(obr, 20),
            studyInstanceUid: readUid(at(zds, 1), 'ZDS', 1),
            modality: at(obr, 24),
            stationAeTitle: at(obr, 21),
          },
        ];
  return contents.map((content) => {
    if (content.fillerNumber === '' && content.placerNumber === '' && content.accessionNumber === '') {
      throw missing('ORC', 2, 'the order has neither a placer, nor a filler, nor an accession number');
    }
    return { control, content };
  });
}

/** OBR-31 text or code meaning; else the diagnosis texts. */
function reasonOf(obr: Hl7Segment | undefined, diagnoses: readonly Hl7Segment[]): string {
  const texts = (obr?.repetitions(31) ?? []).map((value) => value.component(2) || value.component(1));
  const found = texts.some((text) => text !== '')
    ? texts
    : diagnoses.map((segment) => segment.text(4) || segment.text(3, 2));
  return found
    .filter((text) => text !== '')
    .join('; ')
    .slice(0, LONGEST_TEXT);
}

function codedReason(obr: Hl7Segment | undefined): CodeColumn | null {
  const code = readCode(obr, 31);
  return code === null || code.scheme === '' ? null : code;
}

/** CE or CWE. */
function readCode(segment: Hl7Segment | undefined, field: number): CodeColumn | null {
  if (segment === undefined) return null;
  const [value, meaning, scheme] = [1, 2, 3].map((part) => short(segment.text(field, part)));
  if (value === undefined || value === '') return null;
  return { value, scheme: scheme ?? '', meaning: meaning || value };
}

/** HL7 tables 0027 and 0485. */
function readPriority(text: string): OrderPriority | undefined {
  if (text === '') return undefined;
  if (/^(S|STAT|E|EMERGENCY)$/i.test(text)) return 'urgent';
  if (/^(A|ASAP|P|T|U|URGENT|HIGH)$/i.test(text)) return 'high';
  return 'routine';
}

function firstMoment(...texts: readonly string[]): Date | null {
  for (const text of texts) {
    const moment = readMoment(text);
    if (moment !== undefined) return moment.at;
  }
  return null;
}

function readUid(text: string, segment: string, field: number): string {
  if (text === '') return '';
  if (text.length <= 64 && /^[0-9]+(\.[0-9]+)*$/.test(text)) return text;
  throw new Hl7Error('the study has something that is not a UID', {
    code: 'HL7_UID',
    condition: 102,
    location: { segment, field },
    expected: 'a Study Instance UID of digits and dots, at most 64 characters',
  });
}

const WEIGHT = /^(29463-7|3141-9|3142-7|8335-2|27113001)$/;
const HEIGHT = /^(8302-2|3137-7|3138-5|8301-4|50373000)$/;
const KILOGRAMS: Readonly<Record<string, number>> = {
  kg: 1,
  g: 0.001,
  '[lb_av]': 0.45359237,
  lb: 0.45359237,
};
const METRES: Readonly<Record<string, number>> = { m: 1, cm: 0.01, mm: 0.001, '[in_i]': 0.0254, in: 0.0254 };

/** Weight and height from OBX, wherever they stand in the message; a unit that is not known is no value. */
function readBody(segments: readonly Hl7Segment[]): { weightKg: number | null; sizeM: number | null } {
  let weightKg: number | null = null;
  let sizeM: number | null = null;
  for (const obx of segments) {
    if (obx.name !== 'OBX') continue;
    const code = obx.text(3);
    const name = `${code} ${obx.text(3, 2)}`;
    const value = Number.parseFloat(obx.text(5));
    const unit = obx.text(6).toLowerCase();
    if (!Number.isFinite(value) || value <= 0) continue;
    if (WEIGHT.test(code) || /\bbody weight\b/i.test(name))
      weightKg = plausible(value * (KILOGRAMS[unit] ?? 0), 0.2, 700) ?? weightKg;
    else if (HEIGHT.test(code) || /\bbody height\b/i.test(name))
      sizeM = plausible(value * (METRES[unit] ?? 0), 0.1, 3) ?? sizeM;
  }
  return { weightKg, sizeM };
}

const plausible = (value: number, lowest: number, highest: number): number | undefined =>
  value >= lowest && value <= highest ? value : undefined;
