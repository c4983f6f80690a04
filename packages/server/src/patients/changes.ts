import { PhotopeakError } from '@photopeak/imaging';
import type { Database, PatientChangeKind, StudyIdentity } from '../database/index.ts';
import { announce } from '../database/index.ts';
import { type AuditEvent, appendAudit } from '../governance/index.ts';
import { Hl7Error } from '../hl7/index.ts';
import { identityOf, type Patient, type PatientKey } from './identity.ts';
import { laterChangeOf } from './later-change.ts';
import { type PatientRow, resolvePatient, studiesOf, upsertPatient } from './patients.ts';

export interface ChangeContext {
  readonly messageId: number | null;
  /** Who gave out the numbers of images that do not say so; empty where that is not configured. */
  readonly defaultIssuer: string;
}

type StudyRow = StudyIdentity & { readonly study_instance_uid: string };

/** A patient's name, birth date or sex changed: the studies are shown with it. Files stay as they are. */
export async function updatePatient(
  transaction: Database,
  patient: Patient,
  context: ChangeContext,
): Promise<AuditEvent[]> {
  const row = await upsertPatient(transaction, patient);
  const studies = await studiesOf(transaction, patient, context.defaultIssuer);
  return record(transaction, 'update', undefined, row, studies, context);
}

/**
 * Two numbers are one patient (A40), a number was changed (A47): the studies of the old number are shown under the
 * surviving one, now and when more of them arrive.
 */
export async function mergePatients(
  transaction: Database,
  kind: 'merge' | 'change-id',
  retired: PatientKey,
  surviving: Patient,
  context: ChangeContext,
): Promise<AuditEvent[]> {
  const survivor = await upsertPatient(transaction, surviving);
  const old = await upsertPatient(transaction, { ...retired, name: '', birthDate: '', sex: '' });
  const target = (await resolvePatient(transaction, surviving)) ?? survivor;
  if (old.id === survivor.id) {
    throw new Hl7Error('a patient cannot be merged into itself', {
      code: 'PATIENT_MERGE_LOOP',
      condition: 204,
      location: { segment: 'MRG', field: 1 },
    });
  }
  if (target.id === old.id) {
    // The number that was retired before is the surviving one now: the newest message counts.
    await transaction
      .updateTable('patient')
      .set({ merged_into: null })
      .where('id', '=', survivor.id)
      .execute();
  }
  await transaction
    .updateTable('patient')
    .set({ merged_into: survivor.id, changed_at: new Date() })
    .where('id', '=', old.id)
    .execute();
  const final = (await resolvePatient(transaction, surviving)) ?? survivor;
  const studies = await studiesOf(transaction, retired, context.defaultIssuer);
  return record(transaction, kind, old, final, studies, context);
}

/** A visit was noted under the wrong patient (A45): the studies of its orders move. */
export async function moveStudies(
  transaction: Database,
  from: PatientKey,
  to: Patient,
  studyInstanceUids: readonly string[],
  context: ChangeContext,
): Promise<AuditEvent[]> {
  const survivor = await upsertPatient(transaction, to);
  const old = await upsertPatient(transaction, { ...from, name: '', birthDate: '', sex: '' });
  const studies = (await studiesOf(transaction, from, context.defaultIssuer)).filter((study) =>
    studyInstanceUids.includes(study.study_instance_uid),
  );
  return record(transaction, 'move', old, survivor, studies, context);
}

/** Merges that were told before a study of the retired number arrived. */
export async function applyMerges(transaction: Database, study: StudyRow): Promise<AuditEvent[]> {
  const own = { id: study.patient_id, issuer: study.patient_issuer };
  if (own.id === '') return [];
  const survivor = await resolvePatient(transaction, own);
  if (survivor === undefined || survivor.patient_id === own.id) return [];
  const change = await transaction
    .selectFrom('patient_change')
    .innerJoin('patient', 'patient.id', 'patient_change.retired_patient')
    .select('patient_change.id')
    .where('patient.patient_id', '=', own.id)
    .where('patient_change.kind', 'in', ['merge', 'change-id'])
    .where('patient_change.undone_at', 'is', null)
    .orderBy('patient_change.id', 'desc')
    .executeTakeFirst();
  if (change === undefined) return [];
  return (await showUnder(transaction, change.id, survivor, [study])) > 0
    ? [auditOf('merge', change.id, survivor, [study.study_instance_uid])]
    : [];
}

async function record(
  transaction: Database,
  kind: PatientChangeKind,
  retired: PatientRow | undefined,
  surviving: PatientRow,
  studies: readonly StudyRow[],
  context: ChangeContext,
): Promise<AuditEvent[]> {
  const isUpdate = kind === 'update';
  const affected = studies.filter((study) => differs(study, identityUnder(surviving, study, isUpdate)));
  if (isUpdate && affected.length === 0) return [];
  const change = await transaction
    .insertInto('patient_change')
    .values({
      kind,
      message_id: context.messageId,
      retired_patient: retired?.id ?? null,
      surviving_patient: surviving.id,
      undone_by: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await showUnder(transaction, change.id, surviving, affected, isUpdate);
  return [
    auditOf(
      kind,
      change.id,
      surviving,
      affected.map((study) => study.study_instance_uid),
    ),
  ];
}

function identityUnder(patient: PatientRow, study: StudyIdentity, keepsNumber: boolean): StudyIdentity {
  return {
    patient_id: keepsNumber ? study.patient_id : patient.patient_id,
    patient_issuer: keepsNumber ? study.patient_issuer : patient.issuer,
    patient_name: patient.name || study.patient_name,
    birth_date: patient.birth_date || study.birth_date,
    sex: patient.sex || study.sex,
  };
}

const differs = (a: StudyIdentity, b: StudyIdentity) =>
  JSON.stringify(identityOf(a)) !== JSON.stringify(identityOf(b));

async function showUnder(
  transaction: Database,
  changeId: number,
  patient: PatientRow,
  studies: readonly StudyRow[],
  keepsNumber = false,
): Promise<number> {
  for (const study of studies) {
    const after = identityUnder(patient, study, keepsNumber);
    await transaction
      .insertInto('patient_change_study')
      .values({
        change_id: changeId,
        study_instance_uid: study.study_instance_uid,
        before: JSON.stringify(identityOf(study)),
        after: JSON.stringify(after),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await show(transaction, study.study_instance_uid, after);
  }
  return studies.length;
}

async function show(transaction: Database, study: string, identity: StudyIdentity): Promise<void> {
  const row = await transaction
    .updateTable('study')
    .set({ ...identity, is_reconciled: false, changed_at: new Date() })
    .where('study_instance_uid', '=', study)
    .returning('state')
    .executeTakeFirst();
  if (row !== undefined)
    await announce(transaction, { kind: 'study', studyInstanceUid: study, state: row.state });
}

/** Numbers of patients stay out of the audit trail: rows of `patient` are named by their own id. */
function auditOf(
  kind: PatientChangeKind,
  changeId: number,
  patient: PatientRow,
  studies: readonly string[],
): AuditEvent {
  return {
    kind: 'patient-change',
    actor: 'hl7',
    subject: `patient:${patient.id}`,
    detail: { change: changeId, how: kind, studies },
  };
}

/**
 * Takes a change back: its studies are shown as before, and a merged number is a patient of its own again. The newest
 * of changes that stand on each other goes first.
 * @returns the studies that are shown as before again.
 * @throws PhotopeakError PATIENT_CHANGE_UNKNOWN, PATIENT_CHANGE_UNDONE, PATIENT_CHANGE_LATER
 */
export async function undoPatientChange(db: Database, id: number, userId: string): Promise<string[]> {
  return db.transaction().execute(async (transaction) => {
    const change = await transaction
      .selectFrom('patient_change')
      .selectAll()
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (change === undefined)
      throw new PhotopeakError('there is no such change of a patient', { code: 'PATIENT_CHANGE_UNKNOWN' });
    if (change.undone_at !== null)
      throw new PhotopeakError('this change was undone already', { code: 'PATIENT_CHANGE_UNDONE' });
    const later = await laterChangeOf(transaction, id);
    if (later !== null) {
      throw new PhotopeakError('a later change stands on this one', {
        code: 'PATIENT_CHANGE_LATER',
        found: `change ${later}`,
        remedy: 'take the later change back first',
      });
    }
    if (change.retired_patient !== null && change.kind !== 'move') {
      await transaction
        .updateTable('patient')
        .set({ merged_into: null, changed_at: new Date() })
        .where('id', '=', change.retired_patient)
        .execute();
    }
    const rows = await transaction
      .selectFrom('patient_change_study')
      .innerJoin('study', 'study.study_instance_uid', 'patient_change_study.study_instance_uid')
      .select(['patient_change_study.study_instance_uid', 'before', 'after'])
      .select(['patient_id', 'patient_issuer', 'patient_name', 'birth_date', 'sex'])
      .where('change_id', '=', id)
      .execute();
    const restored: string[] = [];
    for (const row of rows) {
      if (differs(row, row.after)) continue;
      await show(transaction, row.study_instance_uid, identityOf(row.before));
      restored.push(row.study_instance_uid);
    }
    await transaction
      .updateTable('patient_change')
      .set({ undone_at: new Date(), undone_by: userId })
      .where('id', '=', id)
      .execute();
    await appendAudit(transaction, [
      {
        kind: 'patient-change',
        actor: `user:${userId}`,
        subject: `patient:${change.surviving_patient}`,
        detail: { change: id, how: 'undo', studies: restored },
      },
    ]);
    return restored;
  });
}
