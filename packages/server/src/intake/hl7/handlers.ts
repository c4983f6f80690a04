import type { Configuration } from '../../config/index.ts';
import type { Database } from '../../database/index.ts';
import type { AuditEvent } from '../../governance/index.ts';
import { Hl7Error, type Hl7Message, type Hl7Segment, readMoment } from '../../hl7/index.ts';
import { applyOrder, readOrders, readReports, storeReports } from '../../orders/index.ts';
import {
  type ChangeContext,
  findSegment,
  mergePatients,
  missing,
  moveStudies,
  type Patient,
  readKey,
  readPatient,
  updatePatient,
} from '../../patients/index.ts';

export interface HandlerContext {
  readonly configuration: Configuration;
  readonly messageId: number;
}

/** Does what a message says, inside the transaction of the caller. @throws Hl7Error, which becomes a negative answer. */
type Handler = (
  transaction: Database,
  message: Hl7Message,
  context: HandlerContext,
) => Promise<readonly AuditEvent[]>;

/** What this node acts on: message code and trigger event (MSH-9). */
const handlers: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  ORM: { O01: orders },
  OMI: { O23: orders },
  OMG: { O19: orders },
  ORU: { R01: reports },
  ADT: {
    ...Object.fromEntries(
      ['A01', 'A02', 'A03', 'A04', 'A05', 'A06', 'A07', 'A08', 'A10', 'A28', 'A31'].map((event) => [
        event,
        update,
      ]),
    ),
    ...Object.fromEntries(['A18', 'A34', 'A36', 'A40'].map((event) => [event, merge('merge')])),
    ...Object.fromEntries(['A46', 'A47'].map((event) => [event, merge('change-id')])),
    A45: move,
  },
};

const VERSION = /^2\.[2-9](\.\d)?$/;

/**
 * The handler of a message, after its header was checked: version, type, event, processing id.
 * @throws Hl7Error with the condition 101, 200, 201, 202 or 203
 */
export function handlerOf(message: Hl7Message, processingIds: readonly string[]): Handler {
  const { header } = message;
  const at = (field: number) => ({ segment: 'MSH', field });
  const [code, event] = messageType(message);
  if (code === '') throw missing('MSH', 9, 'the message does not say what it is');
  if (header.text(10) === '') throw missing('MSH', 10, 'the message has no control id');
  const version = header.text(12);
  if (version !== '' && !VERSION.test(version)) {
    throw new Hl7Error('this version of HL7 is not spoken here', {
      code: 'HL7_VERSION',
      condition: 203,
      location: at(12),
      expected: '2.2 to 2.9',
    });
  }
  const events = handlers[code];
  if (events === undefined) {
    throw new Hl7Error('this node does not act on messages of this type', {
      code: 'HL7_MESSAGE_TYPE',
      condition: 200,
      location: at(9),
      expected: Object.keys(handlers).join(', '),
      remedy: 'leave such messages out in the interface engine',
    });
  }
  const handler = events[event];
  if (handler === undefined) {
    throw new Hl7Error('this node does not act on this event', {
      code: 'HL7_EVENT',
      condition: 201,
      location: at(9),
      expected: Object.keys(events).join(', '),
      remedy: 'leave such messages out in the interface engine',
    });
  }
  const processing = header.text(11);
  if (processing !== '' && !processingIds.includes(processing)) {
    throw new Hl7Error('messages of this processing id are not taken here', {
      code: 'HL7_PROCESSING_ID',
      condition: 202,
      location: at(11),
      expected: processingIds.join(', '),
      remedy: 'send it to a test system, or allow it in hl7.processingIds',
    });
  }
  return handler;
}

/** `ORM^O01` from MSH-9; old senders leave the event to EVN-1 or have only one for the type. */
export function messageType({ header, segments }: Hl7Message): [string, string] {
  const code = header.text(9);
  const event = header.text(9, 2) || segments.find((segment) => segment.name === 'EVN')?.text(1) || '';
  const only = Object.keys(handlers[code] ?? {});
  return [code, event === '' && only.length === 1 ? (only[0] ?? '') : event];
}

async function orders(
  transaction: Database,
  message: Hl7Message,
  { configuration }: HandlerContext,
): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for (const request of readOrders(message)) {
    events.push(
      ...(await applyOrder(transaction, request, {
        source: 'hl7',
        writtenAt: readMoment(message.header.text(7))?.at ?? null,
        rules: configuration.protocolSuggestions,
      })),
    );
  }
  return events;
}

async function reports(
  transaction: Database,
  message: Hl7Message,
  { messageId }: HandlerContext,
): Promise<AuditEvent[]> {
  const sender = [3, 4].map((field) => message.header.text(field)).join('|');
  await storeReports(transaction, readReports(message), sender, messageId);
  return [];
}

function update(transaction: Database, message: Hl7Message, context: HandlerContext): Promise<AuditEvent[]> {
  return updatePatient(transaction, readPatient(message), changeContext(context));
}

function merge(kind: 'merge' | 'change-id'): Handler {
  return async (transaction, message, context) => {
    const events: AuditEvent[] = [];
    for (const { patient, mrg } of mergePairs(message)) {
      const retired = readKey(mrg.repetitions(1));
      if (retired === undefined) throw missing('MRG', 1, 'the retired identifier is missing');
      events.push(...(await mergePatients(transaction, kind, retired, patient, changeContext(context))));
    }
    return events;
  };
}

/** A45: MRG names the wrong patient and the visit (MRG-5, PV1-19), PID the right one. */
async function move(
  transaction: Database,
  message: Hl7Message,
  context: HandlerContext,
): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for (const { patient, mrg, visit } of mergePairs(message)) {
    const from = readKey(mrg.repetitions(1));
    if (from === undefined) throw missing('MRG', 1, 'the identifier of the other patient is missing');
    const visits = [mrg.text(5), visit?.text(19) ?? ''].filter((number) => number !== '');
    if (visits.length === 0) throw missing('MRG', 5, 'the visit that moves is missing');
    const matched = await transaction
      .selectFrom('imaging_order')
      .select('matched_study')
      .where('patient_id', '=', from.id)
      .where('visit_number', 'in', visits)
      .execute();
    const studies = matched.flatMap((row) => row.matched_study ?? []);
    await transaction
      .updateTable('imaging_order')
      .set({ patient_id: patient.id, patient_issuer: patient.issuer, changed_at: new Date() })
      .where('patient_id', '=', from.id)
      .where('visit_number', 'in', visits)
      .execute();
    events.push(...(await moveStudies(transaction, from, patient, studies, changeContext(context))));
  }
  return events;
}

/** PID and MRG repeat together in A40; each MRG belongs to the PID before it. */
function mergePairs(
  message: Hl7Message,
): { patient: Patient; mrg: Hl7Segment; visit: Hl7Segment | undefined }[] {
  findSegment(message, 'PID');
  findSegment(message, 'MRG');
  const { segments } = message;
  return segments.flatMap((mrg, index) => {
    if (mrg.name !== 'MRG') return [];
    const pid = segments.slice(0, index).findLast((segment) => segment.name === 'PID');
    const next = segments[index + 1];
    return [
      {
        patient: readPatient(message, pid),
        mrg,
        visit: next?.name === 'PV1' ? next : undefined,
      },
    ];
  });
}

const changeContext = ({ configuration, messageId }: HandlerContext): ChangeContext => ({
  messageId,
  defaultIssuer: configuration.hl7.patientIdIssuer,
});
