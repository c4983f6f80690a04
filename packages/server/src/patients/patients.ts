import type { Database, PatientTable } from '../database/index.ts';
import type { Patient, PatientKey } from './identity.ts';

export type PatientRow = Pick<
  PatientTable,
  'patient_id' | 'issuer' | 'name' | 'birth_date' | 'sex' | 'merged_into'
> & {
  readonly id: string;
};

/** Numbers of a merge chain; a longer one is a loop that somebody made by hand. */
const LONGEST_CHAIN = 32;

/** Writes down what a message says of a patient; empty values change nothing. */
export async function upsertPatient(transaction: Database, patient: Patient): Promise<PatientRow> {
  return transaction
    .insertInto('patient')
    .values({
      patient_id: patient.id,
      issuer: patient.issuer,
      name: patient.name,
      birth_date: patient.birthDate,
      sex: patient.sex,
      merged_into: null,
    })
    .onConflict((conflict) =>
      conflict.columns(['patient_id', 'issuer']).doUpdateSet((eb) => ({
        name: eb.fn.coalesce(
          eb.fn<string | null>('nullif', [eb.ref('excluded.name'), eb.val('')]),
          'patient.name',
        ),
        birth_date: eb.fn.coalesce(
          eb.fn<string | null>('nullif', [eb.ref('excluded.birth_date'), eb.val('')]),
          'patient.birth_date',
        ),
        sex: eb.fn.coalesce(
          eb.fn<string | null>('nullif', [eb.ref('excluded.sex'), eb.val('')]),
          'patient.sex',
        ),
        changed_at: new Date(),
      })),
    )
    .returning(['id', 'patient_id', 'issuer', 'name', 'birth_date', 'sex', 'merged_into'])
    .executeTakeFirstOrThrow();
}

/**
 * The patient that a number leads to: itself, or through merges the one that is shown instead. A number without
 * issuer is found only where no second issuer uses the same number: two patients are never taken for one.
 */
export async function resolvePatient(db: Database, key: PatientKey): Promise<PatientRow | undefined> {
  const rows = await db
    .selectFrom('patient')
    .select(['id', 'patient_id', 'issuer', 'name', 'birth_date', 'sex', 'merged_into'])
    .where('patient_id', '=', key.id)
    .execute();
  const exact = rows.find((row) => row.issuer === key.issuer);
  const compatible = rows.filter((row) => row.issuer === '' || key.issuer === '');
  let current = exact ?? (compatible.length === 1 ? compatible[0] : undefined);
  for (let step = 0; current?.merged_into != null && step < LONGEST_CHAIN; step++) {
    const next = current.merged_into;
    current = await db
      .selectFrom('patient')
      .select(['id', 'patient_id', 'issuer', 'name', 'birth_date', 'sex', 'merged_into'])
      .where('id', '=', next)
      .executeTakeFirst();
  }
  return current;
}

/** Whether two numbers may name one patient, after merges. `undefined`: one of them is not told. */
export async function samePatient(db: Database, a: PatientKey, b: PatientKey): Promise<boolean | undefined> {
  if (a.id === '' || b.id === '') return undefined;
  if (a.id === b.id && (a.issuer === b.issuer || a.issuer === '' || b.issuer === '')) return true;
  const [first, second] = [await resolvePatient(db, a), await resolvePatient(db, b)];
  return first !== undefined && second !== undefined && first.id === second.id;
}

/** Studies that are shown under a number. Images rarely say who gave the number out. */
export async function studiesOf(db: Database, key: PatientKey, defaultIssuer: string) {
  const rows = await db
    .selectFrom('study')
    .select(['study_instance_uid', 'patient_id', 'patient_issuer', 'patient_name', 'birth_date', 'sex'])
    .where('patient_id', '=', key.id)
    .orderBy('study_instance_uid')
    .forUpdate()
    .execute();
  const others = await db
    .selectFrom('patient')
    .select('issuer')
    .where('patient_id', '=', key.id)
    .where('issuer', '!=', key.issuer)
    .where('issuer', '!=', '')
    .execute();
  return rows.filter((row) => {
    if (row.patient_issuer === key.issuer) return true;
    if (row.patient_issuer !== '') return key.issuer === '';
    if (defaultIssuer !== '') return key.issuer === '' || key.issuer === defaultIssuer;
    return others.length === 0;
  });
}
