import { sql } from 'kysely';
import type { Database } from '../database/index.ts';
import { type Hl7Message, type Hl7Segment, readMoment } from '../hl7/index.ts';
import { findSegment, type PatientKey, readPatient, short } from '../patients/index.ts';

/** A report is read, not printed: what goes beyond is cut and said. */
const LONGEST_REPORT = 65_536;
const DICOM_STUDY = '113014';
/** HL7 table 0074: diagnostic services that make images. */
const IMAGING = /^(RAD|RX|CT|NMR|NMS|NM|PT|PET|MR|MRI|US|RUS|VUS|OUS|CUS|XR|XRC|MG|IMG|CTH)$/i;

export interface IncomingReport {
  readonly patient: PatientKey;
  readonly number: string;
  readonly studyInstanceUid: string;
  readonly accessionNumber: string;
  readonly title: string;
  /** OBR-25. */
  readonly status: string;
  readonly text: string;
  /** Documents inside the message (ED, RP) that are not taken over. */
  readonly attachments: number;
  readonly observedAt: Date | null;
}

/**
 * The reports of ORU^R01, one per OBR, as plain text. Results that have nothing to do with images (laboratory, vital
 * signs) are left out.
 * @throws Hl7Error HL7_SEGMENT_MISSING, HL7_FIELD_MISSING
 */
export function readReports(message: Hl7Message): IncomingReport[] {
  const patient = readPatient(message);
  findSegment(message, 'OBR');
  const groups: { readonly obr: Hl7Segment; readonly rest: Hl7Segment[] }[] = [];
  for (const segment of message.segments) {
    if (segment.name === 'OBR') groups.push({ obr: segment, rest: [] });
    else if (segment.name !== 'ORC') groups.at(-1)?.rest.push(segment);
  }
  return groups.flatMap(({ obr, rest }, index) => {
    const observations = rest.filter((segment) => segment.name === 'OBX');
    const zds = rest.find((segment) => segment.name === 'ZDS');
    const named = observations.find((obx) => obx.text(3) === DICOM_STUDY);
    const studyInstanceUid = uidOf(named?.text(5) ?? '') || uidOf(zds?.text(1) ?? '');
    if (studyInstanceUid === '' && !IMAGING.test(obr.text(24)) && !IMAGING.test(obr.text(4))) return [];
    const number = short(obr.text(3) || obr.text(2) || message.header.text(10));
    return [
      {
        patient,
        number: groups.length > 1 ? `${number}#${index + 1}` : number,
        studyInstanceUid,
        accessionNumber: short(obr.text(18)),
        title: short(obr.text(4, 2) || obr.text(4)),
        status: short(obr.text(25), 8),
        text: reportText(rest),
        attachments: observations.filter((obx) => ['ED', 'RP'].includes(obx.text(2))).length,
        observedAt: readMoment(obr.text(7))?.at ?? readMoment(obr.text(22))?.at ?? null,
      },
    ];
  });
}

const uidOf = (text: string): string => (/^[0-9]+(\.[0-9]+)*$/.test(text) && text.length <= 64 ? text : '');

function reportText(segments: readonly Hl7Segment[]): string {
  const lines = segments.flatMap((segment) => {
    if (segment.name === 'NTE') return [segment.value(3).text];
    if (segment.name !== 'OBX') return [];
    return observationLines(segment);
  });
  const text = lines
    .join('\n')
    // Everything that is not text or a line end.
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .trim();
  return text.length <= LONGEST_REPORT ? text : `${text.slice(0, LONGEST_REPORT)}\n[…]`;
}

const IDENTIFIERS = /^(HD|UI|RP|ED)$/;

function observationLines(obx: Hl7Segment): string[] {
  const type = obx.text(2);
  if (IDENTIFIERS.test(type) || obx.text(3) === DICOM_STUDY || / UID$/i.test(obx.text(3, 2))) return [];
  const values = obx.repetitions(5);
  if (['TX', 'FT'].includes(type)) return values.map((value) => value.text);
  const text = values.map((value) => (type === 'ST' ? value.text : value.component(2) || value.component(1)));
  const unit = obx.text(6);
  const label = obx.text(3, 2) || obx.text(3);
  const line = [text.filter((part) => part !== '').join(', '), unit].filter((part) => part !== '').join(' ');
  return line === '' ? [] : [`${label}: ${line}`];
}

/** Keeps reports with their patient and study; a newer message about the same report replaces it. */
export async function storeReports(
  transaction: Database,
  reports: readonly IncomingReport[],
  sender: string,
  messageId: number,
): Promise<void> {
  for (const report of reports) {
    await transaction
      .insertInto('prior_report')
      .values({
        message_id: messageId,
        sender,
        report_number: report.number,
        study_instance_uid: report.studyInstanceUid,
        accession_number: report.accessionNumber,
        patient_id: report.patient.id,
        patient_issuer: report.patient.issuer,
        title: report.title,
        status: report.status,
        text: report.text,
        attachments: report.attachments,
        observed_at: report.observedAt,
      })
      .onConflict((conflict) =>
        conflict.columns(['sender', 'report_number']).doUpdateSet((eb) => ({
          message_id: eb.ref('excluded.message_id'),
          study_instance_uid: eb.ref('excluded.study_instance_uid'),
          accession_number: eb.ref('excluded.accession_number'),
          patient_id: eb.ref('excluded.patient_id'),
          patient_issuer: eb.ref('excluded.patient_issuer'),
          title: eb.ref('excluded.title'),
          status: eb.ref('excluded.status'),
          text: eb.ref('excluded.text'),
          attachments: eb.ref('excluded.attachments'),
          observed_at: eb.ref('excluded.observed_at'),
          received_at: sql<Date>`now()`,
        })),
      )
      .execute();
  }
}
