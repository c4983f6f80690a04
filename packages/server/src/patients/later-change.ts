import { type Expression, sql } from 'kysely';
import type { Database } from '../database/index.ts';

/**
 * The newest change after the one with this id that stands on it: it touched one of its studies, or merged one of its
 * patients on. Taking the older one back first would leave studies under a patient to whom nothing leads any more.
 */
export const laterChange = (id: Expression<number>) => sql<number | null>`(
  select max(later.id) from patient_change as later, patient_change as earlier
  where earlier.id = ${id} and later.id > earlier.id and later.undone_at is null
    and (exists (select from patient_change_study a join patient_change_study b using (study_instance_uid)
          where a.change_id = earlier.id and b.change_id = later.id)
      or (earlier.kind in ('merge', 'change-id') and later.kind in ('merge', 'change-id')
        and (later.retired_patient in (earlier.retired_patient, earlier.surviving_patient)
          or later.surviving_patient = earlier.retired_patient))))`;

export async function laterChangeOf(db: Database, id: number): Promise<number | null> {
  const row = await db
    .selectFrom('patient_change')
    .select((eb) => laterChange(eb.ref('patient_change.id')).as('later'))
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.later === null || row?.later === undefined ? null : Number(row.later);
}
