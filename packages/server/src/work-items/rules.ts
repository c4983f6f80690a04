import { type DicomJson, jsonTag, type Keyword, Tag } from '@photopeak/dicom';
import {
  dicomDateTime,
  itemsOf,
  requireUid,
  T,
  textOf,
  UPS_PUSH,
  type WorkItemState,
  workItemError,
} from './model.ts';

/** Name for messages: keyword of an attribute. */
const KEYWORD: Readonly<Record<string, Keyword>> = Object.fromEntries(
  Object.entries(Tag).map(([keyword, tag]) => [jsonTag(tag), keyword as Keyword]),
);

const PRIORITIES = new Set(['HIGH', 'MEDIUM', 'LOW']);
const READINESS = new Set(['READY', 'UNAVAILABLE', 'INCOMPLETE']);

/** Type 2 attributes of N-CREATE (PS3.4 Table CC.2.5-3): present, perhaps empty; the node adds what lacks. */
const PRESENT: Readonly<Record<string, string>> = Object.fromEntries(
  (
    [
      ['ScheduledWorkitemCodeSequence', 'SQ'],
      ['InputInformationSequence', 'SQ'],
      ['ScheduledProcessingParametersSequence', 'SQ'],
      ['ScheduledStationNameCodeSequence', 'SQ'],
      ['ScheduledStationClassCodeSequence', 'SQ'],
      ['ScheduledStationGeographicLocationCodeSequence', 'SQ'],
      ['PatientName', 'PN'],
      ['PatientID', 'LO'],
      ['PatientBirthDate', 'DA'],
      ['PatientSex', 'CS'],
      ['AdmissionID', 'LO'],
      ['AdmittingDiagnosesDescription', 'LO'],
      ['AdmittingDiagnosesCodeSequence', 'SQ'],
      ['ReferencedRequestSequence', 'SQ'],
      ['ProcedureStepProgressInformationSequence', 'SQ'],
      ['UnifiedProcedureStepPerformedProcedureSequence', 'SQ'],
    ] as const
  ).map(([keyword, vr]) => [jsonTag(Tag[keyword]), vr]),
);

/** Attributes that N-SET does not change (the same table). */
const FIXED: ReadonlySet<string> = new Set([
  ...(
    [
      'SOPClassUID',
      'SOPInstanceUID',
      'ProcedureStepState',
      'PatientName',
      'PatientID',
      'IssuerOfPatientID',
      'PatientBirthDate',
      'PatientSex',
      'AdmissionID',
      'AdmittingDiagnosesDescription',
      'AdmittingDiagnosesCodeSequence',
      'ReferencedRequestSequence',
    ] as const
  ).map((keyword) => jsonTag(Tag[keyword])),
]);

export interface Prepared {
  readonly attributes: DicomJson;
  /** Something was added that the requester left out. */
  readonly coerced: boolean;
}

/**
 * Checks the attributes of a new work item and completes them.
 * @throws PhotopeakError WORK_ITEM_INPUT
 */
export function prepareNew(given: DicomJson, uid: string, now: Date): Prepared {
  requireState(given);
  if (textOf(given, T.transaction) !== '') {
    throw workItemError(
      'WORK_ITEM_INPUT',
      'a Transaction UID',
      'no Transaction UID before the item is claimed',
    );
  }
  oneOf(given, T.priority, PRIORITIES);
  oneOf(given, T.readiness, READINESS);
  requireText(given, T.label);
  for (const tag of [T.progress, T.performed]) {
    if (itemsOf(given, tag).length > 0) {
      throw workItemError('WORK_ITEM_INPUT', KEYWORD[tag], 'an empty sequence, since nothing was performed');
    }
  }
  const attributes: DicomJson = { ...given };
  let coerced = false;
  const add = (tag: string, vr: string, value?: unknown) => {
    attributes[tag] = value === undefined ? { vr } : { vr, Value: [value] };
    coerced = true;
  };
  if (textOf(given, T.start) === '') add(T.start, 'DT', dicomDateTime(now));
  if (textOf(given, T.worklist) === '') add(T.worklist, 'LO', 'Photopeak');
  for (const [tag, vr] of Object.entries(PRESENT)) {
    if (attributes[tag] === undefined) add(tag, vr);
  }
  delete attributes[T.state];
  delete attributes[T.transaction];
  attributes[T.sopClass] = { vr: 'UI', Value: [UPS_PUSH] };
  attributes[T.sopInstance] = { vr: 'UI', Value: [uid] };
  return { attributes: sorted(attributes), coerced };
}

function requireState(given: DicomJson): void {
  const state = textOf(given, T.state);
  if (state === 'SCHEDULED') return;
  throw workItemError('WORK_ITEM_NOT_SCHEDULED', state || 'no Procedure Step State', 'SCHEDULED');
}

function oneOf(given: DicomJson, tag: string, values: ReadonlySet<string>): void {
  const value = textOf(given, tag);
  if (values.has(value)) return;
  throw workItemError('WORK_ITEM_INPUT', `${KEYWORD[tag]} ${value}`, [...values].join(', '));
}

function requireText(given: DicomJson, tag: string): void {
  if (textOf(given, tag) !== '') return;
  throw workItemError('WORK_ITEM_INPUT', `no ${KEYWORD[tag]}`, `a ${KEYWORD[tag]}`);
}

/**
 * The attributes after an update. What is given replaces what was there, whole sequences included.
 * @throws PhotopeakError WORK_ITEM_INPUT for attributes that do not change
 */
export function prepareUpdate(present: DicomJson, given: DicomJson, now: Date): DicomJson {
  const changes = { ...given };
  delete changes[T.transaction];
  for (const tag of Object.keys(changes)) {
    if (FIXED.has(tag) && JSON.stringify(changes[tag]) !== JSON.stringify(present[tag])) {
      throw workItemError('WORK_ITEM_INPUT', KEYWORD[tag], 'attributes that may be changed after creation');
    }
  }
  if (changes[T.priority] !== undefined) oneOf(changes, T.priority, PRIORITIES);
  if (changes[T.readiness] !== undefined) oneOf(changes, T.readiness, READINESS);
  if (changes[T.label] !== undefined) requireText(changes, T.label);
  return sorted({
    ...present,
    ...changes,
    [T.modified]: { vr: 'DT', Value: [dicomDateTime(now)] },
  });
}

export interface StateChange {
  readonly state: Exclude<WorkItemState, 'SCHEDULED'>;
  readonly transactionUid: string;
}

const TARGETS = new Set(['IN PROGRESS', 'COMPLETED', 'CANCELED']);

/** @throws PhotopeakError WORK_ITEM_INPUT, WORK_ITEM_TRANSACTION */
export function readStateChange(given: DicomJson): StateChange {
  const state = textOf(given, T.state);
  if (!TARGETS.has(state)) throw workItemError('WORK_ITEM_INPUT', state, [...TARGETS].join(', '));
  const transaction = textOf(given, T.transaction);
  if (transaction === '') throw workItemError('WORK_ITEM_TRANSACTION', 'none');
  return {
    state: state as StateChange['state'],
    transactionUid: requireUid(transaction, 'Transaction UID'),
  };
}

const NEEDED_IN_PERFORMED: readonly Keyword[] = [
  'PerformedProcedureStepStartDateTime',
  'PerformedProcedureStepEndDateTime',
  'PerformedStationNameCodeSequence',
  'PerformedWorkitemCodeSequence',
];

/**
 * What a final state needs (column "Final State" of PS3.4 Table CC.2.5-3).
 * @throws PhotopeakError WORK_ITEM_INCOMPLETE
 */
export function prepareFinal(attributes: DicomJson, state: 'COMPLETED' | 'CANCELED', now: Date): DicomJson {
  if (state === 'COMPLETED') {
    const performed = itemsOf(attributes, T.performed);
    const missing =
      performed.length === 0
        ? ['UnifiedProcedureStepPerformedProcedureSequence']
        : performed.flatMap((item) => [
            ...NEEDED_IN_PERFORMED.filter(
              (keyword) => (item[jsonTag(Tag[keyword])]?.Value ?? []).length === 0,
            ),
            // May be empty: a task can end well without producing an object.
            ...(item[T.output] === undefined ? ['OutputInformationSequence'] : []),
          ]);
    if (missing.length > 0) throw workItemError('WORK_ITEM_INCOMPLETE', 'COMPLETED', missing.join(', '));
    return attributes;
  }
  const [progress = {}] = itemsOf(attributes, T.progress);
  if (itemsOf(progress, T.discontinuation).length === 0) {
    throw workItemError(
      'WORK_ITEM_INCOMPLETE',
      'CANCELED',
      'ProcedureStepProgressInformationSequence with ProcedureStepDiscontinuationReasonCodeSequence',
    );
  }
  if (textOf(progress, T.cancelledAt) !== '') return attributes;
  const ended = sorted({ ...progress, [T.cancelledAt]: { vr: 'DT', Value: [dicomDateTime(now)] } });
  return { ...attributes, [T.progress]: { vr: 'SQ', Value: [ended] } };
}

/** (110513,DCM): what is known when somebody asks to cancel before anybody began. */
export function cancelledBeforeStart(attributes: DicomJson, reason: string, now: Date): DicomJson {
  const progress: DicomJson = {
    [T.discontinuation]: {
      vr: 'SQ',
      Value: [
        {
          '00080100': { vr: 'SH', Value: ['110513'] },
          '00080102': { vr: 'SH', Value: ['DCM'] },
          '00080104': { vr: 'LO', Value: ['Discontinued for unspecified reason'] },
        },
      ],
    },
    [T.cancelledAt]: { vr: 'DT', Value: [dicomDateTime(now)] },
    ...(reason === '' ? {} : { [T.reason]: { vr: 'LT', Value: [reason] } }),
  };
  return { ...attributes, [T.progress]: { vr: 'SQ', Value: [sorted(progress)] } };
}

export function sorted(json: DicomJson): DicomJson {
  return Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
}
