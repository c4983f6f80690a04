import { type Dataset, type DicomJson, isUid, jsonTag, Tag, toDicomJson } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';

/** Unified Procedure Step Push: the SOP class of every work item (PS3.4 CC.3). */
export const UPS_PUSH = '1.2.840.10008.5.1.4.34.6.1';
/** Well-known instances that mean all work items, and those that match a filter. */
export const ALL_ITEMS = '1.2.840.10008.5.1.4.34.5';
export const FILTERED_ITEMS = '1.2.840.10008.5.1.4.34.5.1';

export type WorkItemState = 'SCHEDULED' | 'IN PROGRESS' | 'COMPLETED' | 'CANCELED';

export interface WorkItem {
  readonly uid: string;
  readonly state: WorkItemState;
  /** DICOM JSON with its state, without its Transaction UID; addresses of this node start with `@/`. */
  readonly attributes: DicomJson;
  readonly runId: string | null;
}

export const T = {
  sopClass: jsonTag(Tag.SOPClassUID),
  sopInstance: jsonTag(Tag.SOPInstanceUID),
  state: jsonTag(Tag.ProcedureStepState),
  transaction: jsonTag(Tag.TransactionUID),
  readiness: jsonTag(Tag.InputReadinessState),
  label: jsonTag(Tag.ProcedureStepLabel),
  worklist: jsonTag(Tag.WorklistLabel),
  priority: jsonTag(Tag.ScheduledProcedureStepPriority),
  start: jsonTag(Tag.ScheduledProcedureStepStartDateTime),
  workitemCode: jsonTag(Tag.ScheduledWorkitemCodeSequence),
  input: jsonTag(Tag.InputInformationSequence),
  progress: jsonTag(Tag.ProcedureStepProgressInformationSequence),
  performed: jsonTag(Tag.UnifiedProcedureStepPerformedProcedureSequence),
  output: jsonTag(Tag.OutputInformationSequence),
  cancelledAt: jsonTag(Tag.ProcedureStepCancellationDateTime),
  discontinuation: jsonTag(Tag.ProcedureStepDiscontinuationReasonCodeSequence),
  reason: jsonTag(Tag.ReasonForCancellation),
  stations: jsonTag(Tag.ScheduledStationNameCodeSequence),
  modified: jsonTag(Tag.ScheduledProcedureStepModificationDateTime),
} as const;

type WorkItemCode =
  | 'WORK_ITEM_INPUT'
  | 'WORK_ITEM_NOT_SCHEDULED'
  | 'WORK_ITEM_EXISTS'
  | 'WORK_ITEM_STATE'
  | 'WORK_ITEM_TRANSACTION'
  | 'WORK_ITEM_FINAL'
  | 'WORK_ITEM_INCOMPLETE'
  | 'WORK_ITEM_OWN';

/** What each code means and what to do; the HTTP status is in api/errors.ts. */
const catalogue: Readonly<Record<WorkItemCode, { readonly meaning: string; readonly remedy: string }>> = {
  WORK_ITEM_INPUT: {
    meaning: 'the work item does not follow PS3.4 Table CC.2.5-3',
    remedy: 'correct the attribute that is named',
  },
  WORK_ITEM_NOT_SCHEDULED: {
    meaning: 'a new work item has another Procedure Step State than SCHEDULED',
    remedy: 'create it as SCHEDULED, then claim it (PS3.4 CC.2.5.1.3)',
  },
  WORK_ITEM_EXISTS: {
    meaning: 'there is a work item with this UID',
    remedy: 'choose a new UID, or update the one that is there',
  },
  WORK_ITEM_STATE: {
    meaning: 'the request does not fit the present state of the work item',
    remedy: 'retrieve the work item and look at its Procedure Step State',
  },
  WORK_ITEM_TRANSACTION: {
    meaning: 'the Transaction UID is missing or is not that of the performer who claimed the item',
    remedy: 'send the Transaction UID with which the item was claimed',
  },
  WORK_ITEM_FINAL: {
    meaning: 'the work item is COMPLETED or CANCELED and does not change any more',
    remedy: 'create a new work item',
  },
  WORK_ITEM_INCOMPLETE: {
    meaning: 'the work item lacks what its final state needs',
    remedy: 'update the attributes that are named, then change the state again',
  },
  WORK_ITEM_OWN: {
    meaning: 'this work item shows a run that this node performs itself',
    remedy: 'create a work item of your own, or request the cancellation of this one',
  },
};

export function workItemError(code: WorkItemCode, found?: string, expected?: string): PhotopeakError {
  const { meaning, remedy } = catalogue[code];
  return new PhotopeakError(meaning, {
    code,
    remedy,
    ...(found === undefined ? {} : { found: found.slice(0, 200) }),
    ...(expected === undefined ? {} : { expected }),
  });
}

export function firstValue(json: DicomJson, tag: string): unknown {
  return json[tag]?.Value?.[0];
}

export function textOf(json: DicomJson, tag: string): string {
  const value = firstValue(json, tag);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function itemsOf(json: DicomJson, tag: string): readonly DicomJson[] {
  return (json[tag]?.Value ?? []).filter(
    (item): item is DicomJson => item !== null && typeof item === 'object' && !Array.isArray(item),
  );
}

/** A DICOM UID or an error that says which attribute holds none. */
export function requireUid(text: string, what: string): string {
  if (text.length <= 64 && isUid(text)) return text;
  throw workItemError('WORK_ITEM_INPUT', text, `a UID as ${what}`);
}

/** Date-time in UTC, as DT. */
export function dicomDateTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}+0000`;
}

/** Attributes as DICOM JSON. */
export function attributesOf(dataset: Dataset): DicomJson {
  return toDicomJson(dataset);
}
