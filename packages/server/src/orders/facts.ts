import type { Database } from '../database/index.ts';
import type { OrderFacts } from './order.ts';

/** The order of a study, for routes: of several steps the one that was scheduled first. */
export async function orderFacts(db: Database, studyInstanceUid: string): Promise<OrderFacts | undefined> {
  const row = await db
    .selectFrom('imaging_order')
    .selectAll()
    .where('matched_study', '=', studyInstanceUid)
    .where('state', 'not in', ['cancelled', 'discontinued'])
    .orderBy('scheduled_at')
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    accessionNumber: row.accession_number,
    requestedProcedureId: row.requested_procedure_id,
    procedureCode: row.procedure_code,
    description: row.description,
    reason: row.reason,
    reasonCode: row.reason_code,
    clinicalInformation: row.clinical_information,
    modality: row.modality,
    bodyPart: row.body_part,
    priority: row.priority,
    scheduledAt: row.scheduled_at,
    referringPhysician: row.referring_physician,
    orderingPhysician: row.ordering_physician,
  };
}
