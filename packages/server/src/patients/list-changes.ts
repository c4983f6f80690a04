import type { PatientChanges } from '../api/contract.ts';
import type { Database, StudyIdentity } from '../database/index.ts';
import { laterChange } from './later-change.ts';

const MOST_CHANGES = 200;

type Change = PatientChanges['changes'][number];

/** What messages changed about how studies are shown, the newest first. */
export async function listPatientChanges(db: Database): Promise<PatientChanges['changes']> {
  const rows = await db
    .selectFrom('patient_change as change')
    .innerJoin('patient as surviving', 'surviving.id', 'change.surviving_patient')
    .leftJoin('patient as retired', 'retired.id', 'change.retired_patient')
    .leftJoin('hl7_message as message', 'message.id', 'change.message_id')
    .leftJoin('account', 'account.id', 'change.undone_by')
    .select([
      'change.id',
      'change.kind',
      'change.made_at',
      'change.undone_at',
      'change.undone_by',
      'account.name as undone_by_name',
      'surviving.patient_id as surviving_id',
      'surviving.issuer as surviving_issuer',
      'retired.patient_id as retired_id',
      'retired.issuer as retired_issuer',
      'message.message_type',
      'message.sender_application',
      'message.sender_facility',
      'message.control_id',
    ])
    .select((eb) => laterChange(eb.ref('change.id')).as('later'))
    .orderBy('change.id', 'desc')
    .limit(MOST_CHANGES)
    .execute();
  const studies = await studiesOfChanges(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => {
    const changed = studies.get(row.id) ?? [];
    return {
      id: row.id,
      kind: row.kind,
      retired:
        row.retired_id === null ? null : { patientId: row.retired_id, issuer: row.retired_issuer ?? '' },
      surviving: { patientId: row.surviving_id, issuer: row.surviving_issuer },
      studyInstanceUids: changed.map(({ studyInstanceUid }) => studyInstanceUid),
      studies: changed,
      message:
        row.message_type === null
          ? null
          : {
              type: row.message_type,
              sender: [row.sender_application, row.sender_facility].filter(Boolean).join(', '),
              controlId: row.control_id ?? '',
            },
      madeAt: row.made_at.toISOString(),
      undoneAt: row.undone_at?.toISOString() ?? null,
      undoneBy: row.undone_by_name ?? row.undone_by,
      undoFirst: row.undone_at === null && row.later !== null ? Number(row.later) : null,
    };
  });
}

async function studiesOfChanges(
  db: Database,
  changes: readonly number[],
): Promise<ReadonlyMap<number, Change['studies']>> {
  if (changes.length === 0) return new Map();
  const rows = await db
    .selectFrom('patient_change_study as changed')
    .innerJoin('study', 'study.study_instance_uid', 'changed.study_instance_uid')
    .select(['changed.change_id', 'changed.study_instance_uid', 'changed.before', 'changed.after'])
    .select(['study.study_date', 'study.description'])
    .where('changed.change_id', 'in', [...changes])
    .orderBy('changed.study_instance_uid')
    .execute();
  const groups = Map.groupBy(rows, (row) => row.change_id);
  return new Map(
    [...groups].map(([id, group]) => [
      id,
      group.map((row) => ({
        studyInstanceUid: row.study_instance_uid,
        studyDate: row.study_date,
        description: row.description,
        before: shown(row.before),
        after: shown(row.after),
      })),
    ]),
  );
}

const shown = (row: StudyIdentity): Change['studies'][number]['before'] => ({
  patientId: row.patient_id,
  issuer: row.patient_issuer,
  name: row.patient_name,
  birthDate: row.birth_date,
  sex: row.sex,
});
