import { sql } from 'kysely';
import type { Configuration } from '../config/index.ts';
import { announce, type Database, type ImagingOrderTable, type OrderState } from '../database/index.ts';
import type { AuditEvent } from '../governance/index.ts';
import { Hl7Error } from '../hl7/index.ts';
import { samePatient } from '../patients/index.ts';
import type { OrderContent, OrderRequest } from './order.ts';
import { suggestProtocols } from './suggestions.ts';

const ORDER_LOCK = 7_036_813;

export interface OrderContext {
  readonly source: 'hl7' | 'mwl';
  /** When the sender wrote it; older news than what is known changes nothing. */
  readonly writtenAt: Date | null;
  readonly rules: Configuration['protocolSuggestions'];
}

type OrderRow = Pick<
  ImagingOrderTable,
  | 'accession_number'
  | 'accession_issuer'
  | 'placer_number'
  | 'placer_issuer'
  | 'filler_number'
  | 'filler_issuer'
  | 'requested_procedure_id'
  | 'scheduled_step_id'
  | 'patient_id'
  | 'patient_issuer'
  | 'study_instance_uid'
  | 'state'
> & { readonly id: string; readonly message_at: Date | null };

/**
 * Takes one order over: places or changes it, or sets its state. Everything is found by its numbers again, so that a
 * change before its order, a repeated order or a cancel that overtook its order all end in the same row.
 * @returns what to write into the audit trail.
 * @throws Hl7Error ORDER_OTHER_PATIENT
 */
export async function applyOrder(
  transaction: Database,
  request: OrderRequest,
  context: OrderContext,
): Promise<AuditEvent[]> {
  const { control, content } = request;
  // A worklist and a message may tell the same new order at the same moment.
  await sql`select pg_advisory_xact_lock(${ORDER_LOCK})`.execute(transaction);
  const known = await findOrders(transaction, content);
  await refuseOtherPatient(transaction, known, content);
  if (control.kind === 'state' && known.length > 0) {
    const events: AuditEvent[] = [];
    for (const row of known) {
      if (!isNews(row, context)) continue;
      await transaction
        .updateTable('imaging_order')
        .set({ state: control.state, message_at: context.writtenAt, changed_at: new Date() })
        .where('id', '=', row.id)
        .execute();
      events.push(await told(transaction, row.id, content, control.state, 'state', context));
    }
    return events;
  }
  const state = control.kind === 'state' ? control.state : 'scheduled';
  const [row] = known;
  if (row === undefined) {
    const { id } = await transaction
      .insertInto('imaging_order')
      .values({
        ...columns(content, context),
        suggestions: JSON.stringify(suggestProtocols(context.rules, content)),
        source: context.source,
        state,
        matched_study: null,
        matched_by: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return [await told(transaction, id, content, state, 'placed', context)];
  }
  if (!isNews(row, context)) return [];
  const isBack = control.kind === 'place' && control.isNew && ENDED.has(row.state);
  const changed = await changedColumns(transaction, row.id, content, context);
  if (Object.keys(changed).length === 0 && !isBack) return [];
  await transaction
    .updateTable('imaging_order')
    .set({
      ...changed,
      ...(isBack ? { state } : {}),
      ...(context.source === 'hl7' ? { source: 'hl7' as const } : {}),
      changed_at: new Date(),
    })
    .where('id', '=', row.id)
    .execute();
  await suggestAgain(transaction, row.id, context);
  return [await told(transaction, row.id, content, isBack ? state : row.state, 'changed', context)];
}

const ENDED: ReadonlySet<OrderState> = new Set(['cancelled', 'discontinued']);

function isNews(row: OrderRow, context: OrderContext): boolean {
  return row.message_at === null || context.writtenAt === null || row.message_at <= context.writtenAt;
}

async function findOrders(transaction: Database, content: OrderContent): Promise<OrderRow[]> {
  const { fillerNumber, placerNumber, accessionNumber } = content;
  const rows = await transaction
    .selectFrom('imaging_order')
    .select([
      'id',
      'accession_number',
      'accession_issuer',
      'placer_number',
      'placer_issuer',
      'filler_number',
      'filler_issuer',
      'requested_procedure_id',
      'scheduled_step_id',
      'patient_id',
      'patient_issuer',
      'study_instance_uid',
      'state',
      'message_at',
    ])
    .where((eb) =>
      eb.or([
        ...(fillerNumber === '' ? [] : [eb('filler_number', '=', fillerNumber)]),
        ...(placerNumber === '' ? [] : [eb('placer_number', '=', placerNumber)]),
        ...(accessionNumber === '' ? [] : [eb('accession_number', '=', accessionNumber)]),
      ]),
    )
    .orderBy('created_at')
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.filter((row) => {
    const numbers = [
      agree(row.filler_number, row.filler_issuer, fillerNumber, content.fillerIssuer),
      agree(row.placer_number, row.placer_issuer, placerNumber, content.placerIssuer),
      agree(row.accession_number, row.accession_issuer, accessionNumber, content.accessionIssuer),
      // Parts of one order: only equal parts are the same row.
      agree(row.requested_procedure_id, '', content.requestedProcedureId, ''),
      agree(row.scheduled_step_id, '', content.scheduledStepId, ''),
      agree(row.study_instance_uid, '', content.studyInstanceUid, ''),
    ];
    return (
      numbers.slice(0, 3).includes(true) && !numbers.slice(3, 5).includes(false) && !contradicts(numbers)
    );
  });
}

/** One number is equal and the filler's, which is unique by definition, is another: two orders. */
const contradicts = (numbers: readonly (boolean | undefined)[]): boolean => numbers[0] === false;

/** Undefined where one side does not tell. */
function agree(a: string, aIssuer: string, b: string, bIssuer: string): boolean | undefined {
  if (a === '' || b === '') return undefined;
  return a === b && (aIssuer === '' || bIssuer === '' || aIssuer === bIssuer);
}

/** An order never moves to another patient by itself: that is a merge (A40), or a mistake that someone must see. */
async function refuseOtherPatient(
  transaction: Database,
  known: readonly OrderRow[],
  content: OrderContent,
): Promise<void> {
  for (const row of known) {
    const same = await samePatient(
      transaction,
      { id: row.patient_id, issuer: row.patient_issuer },
      content.patient,
    );
    if (same !== false) continue;
    throw new Hl7Error('the numbers of this order belong to an order of another patient', {
      code: 'ORDER_OTHER_PATIENT',
      condition: 205,
      location: { segment: 'PID', field: 3 },
      remedy: 'merge the patients (A40) or correct the numbers of the order',
    });
  }
}

type Columns = Omit<
  ImagingOrderTable,
  | 'id'
  | 'source'
  | 'state'
  | 'matched_study'
  | 'matched_by'
  | 'created_at'
  | 'changed_at'
  | 'suggestions'
  | 'procedure_code'
  | 'reason_code'
  | 'priority'
  | 'scheduled_at'
  | 'message_at'
> & {
  readonly procedure_code: string | null;
  readonly reason_code: string | null;
  readonly priority: 'routine' | 'high' | 'urgent';
  readonly scheduled_at: Date | null;
  readonly message_at: Date | null;
};

function columns(content: OrderContent, context: OrderContext): Columns {
  return {
    placer_number: content.placerNumber,
    placer_issuer: content.placerIssuer,
    filler_number: content.fillerNumber,
    filler_issuer: content.fillerIssuer,
    accession_number: content.accessionNumber,
    accession_issuer: content.accessionIssuer,
    visit_number: content.visitNumber,
    requested_procedure_id: content.requestedProcedureId,
    scheduled_step_id: content.scheduledStepId,
    study_instance_uid: content.studyInstanceUid,
    patient_id: content.patient.id,
    patient_issuer: content.patient.issuer,
    patient_name: content.patient.name,
    birth_date: content.patient.birthDate,
    sex: content.patient.sex,
    modality: content.modality,
    station_ae_title: content.stationAeTitle,
    body_part: content.bodyPart,
    procedure_code: content.procedureCode === null ? null : JSON.stringify(content.procedureCode),
    description: content.description,
    reason: content.reason,
    reason_code: content.reasonCode === null ? null : JSON.stringify(content.reasonCode),
    clinical_information: content.clinicalInformation,
    priority: content.priority ?? 'routine',
    scheduled_at: content.scheduledAt,
    referring_physician: content.referringPhysician,
    ordering_physician: content.orderingPhysician,
    weight_kg: content.weightKg,
    size_m: content.sizeM,
    message_at: context.writtenAt,
  };
}

/**
 * A change tells what changed; what it leaves empty stays. A worklist fills in what is not known and changes nothing
 * that a message told: it has no time of its own, and may lag behind.
 */
async function changedColumns(
  transaction: Database,
  id: string,
  content: OrderContent,
  context: OrderContext,
): Promise<Partial<Columns>> {
  const row = await transaction
    .selectFrom('imaging_order')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const known: Readonly<Record<string, unknown>> = row;
  const onlyFills = context.source === 'mwl' && row.source === 'hl7';
  return Object.fromEntries(
    Object.entries(columns(content, context)).filter(([name, value]) => {
      if (value === '' || value === null || (name === 'priority' && content.priority === undefined))
        return false;
      const old = known[name];
      if (onlyFills && old !== '' && old !== null) return false;
      return comparable(old) !== comparable(CODES.has(name) ? JSON.parse(String(value)) : value);
    }),
  );
}

/** Written as text, these come back from the database as objects, whose keys it orders in its own way. */
const CODES: ReadonlySet<string> = new Set(['procedure_code', 'reason_code']);

function comparable(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' && value !== null
    ? JSON.stringify(Object.entries(value).sort())
    : String(value);
}

async function suggestAgain(transaction: Database, id: string, context: OrderContext): Promise<void> {
  const row = await transaction
    .selectFrom('imaging_order')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const suggestions = suggestProtocols(context.rules, {
    modality: row.modality,
    bodyPart: row.body_part,
    description: row.description,
    reason: row.reason,
    clinicalInformation: row.clinical_information,
    procedureCode: row.procedure_code,
    stationAeTitle: row.station_ae_title,
  });
  await transaction
    .updateTable('imaging_order')
    .set({ suggestions: JSON.stringify(suggestions) })
    .where('id', '=', id)
    .execute();
}

async function told(
  transaction: Database,
  id: string,
  content: OrderContent,
  state: OrderState,
  how: string,
  context: OrderContext,
): Promise<AuditEvent> {
  const study = content.studyInstanceUid === '' ? null : content.studyInstanceUid;
  await announce(transaction, { kind: 'order', orderId: id, studyInstanceUid: study, state });
  // A study may be here already, or be matched to an order that changed.
  await transaction
    .updateTable('study')
    .set({ is_reconciled: false })
    .where((eb) =>
      eb.or([
        eb('study_instance_uid', '=', content.studyInstanceUid),
        eb.and([eb('accession_number', '=', content.accessionNumber), eb('accession_number', '!=', '')]),
        eb.and([
          eb('patient_id', '=', content.patient.id),
          eb('patient_id', '!=', ''),
          eb('received_at', '>', sql<Date>`now() - interval '7 days'`),
        ]),
      ]),
    )
    .execute();
  return { kind: 'order', actor: context.source, subject: `order:${id}`, detail: { how, state, study } };
}
