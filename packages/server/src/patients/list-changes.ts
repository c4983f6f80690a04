import { sql } from 'kysely';
import type { PatientChanges } from '../api/contract.ts';
import type { Database } from '../database/index.ts';

const MOST_CHANGES = 200;

/** What messages changed about how studies are shown, the newest first. */
export async function listPatientChanges(db: Database): Promise<PatientChanges['changes']> {
  const rows = await db
    .selectFrom('patient_change as change')
    .innerJoin('patient as surviving', 'surviving.id', 'change.surviving_patient')
    .leftJoin('patient as retired', 'retired.id', 'change.retired_patient')
    .select([
      'change.id',
      'change.kind',
      'change.made_at',
      'change.undone_at',
      'surviving.patient_id as surviving_id',
      'surviving.issuer as surviving_issuer',
      'retired.patient_id as retired_id',
      'retired.issuer as retired_issuer',
    ])
    .select((eb) =>
      eb
        .selectFrom('patient_change_study')
        .select(
          sql<string[]>`coalesce(array_agg(study_instance_uid order by study_instance_uid), '{}')`.as('list'),
        )
        .whereRef('change_id', '=', 'change.id')
        .as('studies'),
    )
    .orderBy('change.id', 'desc')
    .limit(MOST_CHANGES)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    retired: row.retired_id === null ? null : { patientId: row.retired_id, issuer: row.retired_issuer ?? '' },
    surviving: { patientId: row.surviving_id, issuer: row.surviving_issuer },
    studyInstanceUids: row.studies ?? [],
    madeAt: row.made_at.toISOString(),
    undoneAt: row.undone_at?.toISOString() ?? null,
  }));
}
