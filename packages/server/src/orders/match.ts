import type { Database } from '../database/index.ts';
import { announce } from '../database/index.ts';
import type { AuditEvent } from '../governance/index.ts';
import { readMoment } from '../hl7/index.ts';
import { resolvePatient, samePatient } from '../patients/index.ts';

export interface MatchableStudy {
  readonly study_instance_uid: string;
  readonly patient_id: string;
  readonly patient_issuer: string;
  readonly accession_number: string;
  readonly study_date: string;
  readonly study_time: string;
  readonly modalities: readonly string[];
}

const HOUR_MS = 3_600_000;

/**
 * Finds the orders that a study is the answer to: by Study Instance UID, else by accession number, else the only
 * order of this patient and modality that is due around the time of the study. Numbers of another patient never match:
 * a wrong patient at the scanner must not look right here.
 * @returns what to write into the audit trail; nothing where nothing changed.
 */
export async function matchOrders(
  transaction: Database,
  study: MatchableStudy,
  matchHours: number,
): Promise<AuditEvent[]> {
  const uid = study.study_instance_uid;
  const candidates = await candidatesFor(transaction, study);
  const key = { id: study.patient_id, issuer: study.patient_issuer };
  const usable: { readonly row: Candidate; readonly same: boolean | undefined }[] = [];
  let isOther = false;
  for (const row of candidates) {
    const same = await samePatient(transaction, key, { id: row.patient_id, issuer: row.patient_issuer });
    if (same === false) isOther ||= byNumber(row, study) !== undefined;
    else usable.push({ row, same });
  }
  const numbered = usable.filter(({ row }) => byNumber(row, study) !== undefined).map(({ row }) => row);
  const timed = usable
    .filter(({ row, same }) => same === true && isDue(row, study, matchHours))
    .map(({ row }) => row);
  const found = numbered.length > 0 ? numbered : timed.length === 1 ? timed : [];
  const events: AuditEvent[] = [];
  for (const row of found) {
    const how = byNumber(row, study) ?? 'patient-and-time';
    if (row.matched_study === uid && row.matched_by === how) continue;
    await transaction
      .updateTable('imaging_order')
      .set({ matched_study: uid, matched_by: how, changed_at: new Date() })
      .where('id', '=', row.id)
      .execute();
    await announce(transaction, { kind: 'order', orderId: row.id, studyInstanceUid: uid, state: row.state });
    events.push({
      kind: 'order',
      actor: 'node',
      subject: `order:${row.id}`,
      detail: { how: 'matched', by: how, study: uid },
    });
  }
  if (isOther && found.length === 0) {
    events.push({
      kind: 'order',
      actor: 'node',
      subject: `study:${uid}`,
      detail: { how: 'not-matched', reason: 'its accession number or UID is ordered for another patient' },
    });
  }
  return events;
}

interface Candidate {
  readonly id: string;
  readonly state: 'scheduled' | 'in-progress' | 'completed' | 'cancelled' | 'discontinued';
  readonly study_instance_uid: string;
  readonly accession_number: string;
  readonly patient_id: string;
  readonly patient_issuer: string;
  readonly modality: string;
  readonly scheduled_at: Date | null;
  readonly matched_study: string | null;
  readonly matched_by: string | null;
}

async function candidatesFor(transaction: Database, study: MatchableStudy): Promise<Candidate[]> {
  const { study_instance_uid: uid, accession_number: accession, patient_id: patient } = study;
  const shown = await resolvePatient(transaction, { id: patient, issuer: study.patient_issuer });
  const numbers = new Set([patient]);
  if (shown !== undefined) {
    // Orders keep the number they were placed under; a merge may have retired it.
    const merged = await transaction
      .selectFrom('patient')
      .select('patient_id')
      .where('merged_into', '=', shown.id)
      .execute();
    for (const row of merged) numbers.add(row.patient_id);
  }
  numbers.delete('');
  return transaction
    .selectFrom('imaging_order')
    .select([
      'id',
      'state',
      'study_instance_uid',
      'accession_number',
      'patient_id',
      'patient_issuer',
      'modality',
      'scheduled_at',
      'matched_study',
      'matched_by',
    ])
    .where('state', 'not in', ['cancelled', 'discontinued'])
    .where((eb) =>
      eb.or([
        eb('study_instance_uid', '=', uid),
        ...(accession === '' ? [] : [eb('accession_number', '=', accession)]),
        ...(numbers.size === 0
          ? []
          : [
              eb.and([
                eb('patient_id', 'in', [...numbers]),
                eb.or([eb('matched_study', 'is', null), eb('matched_study', '=', uid)]),
              ]),
            ]),
      ]),
    )
    .orderBy('created_at')
    .orderBy('id')
    .forUpdate()
    .execute();
}

function byNumber(row: Candidate, study: MatchableStudy): 'study-uid' | 'accession' | undefined {
  if (row.study_instance_uid === study.study_instance_uid) return 'study-uid';
  if (row.accession_number !== '' && row.accession_number === study.accession_number) return 'accession';
  return undefined;
}

function isDue(row: Candidate, study: MatchableStudy, matchHours: number): boolean {
  const contradicts = row.accession_number !== '' && study.accession_number !== '';
  const otherUid = row.study_instance_uid !== '' && row.study_instance_uid !== study.study_instance_uid;
  if (contradicts || otherUid || row.scheduled_at === null) return false;
  if (row.modality !== '' && !study.modalities.includes(row.modality)) return false;
  const at = readMoment(`${study.study_date}${study.study_time.replace(/\..*$/, '').padEnd(6, '0')}`);
  if (at === undefined) return false;
  return Math.abs(at.at.getTime() - row.scheduled_at.getTime()) <= matchHours * HOUR_MS;
}
