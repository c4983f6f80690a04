import type { Dataset, Keyword } from '../../data/index.ts';

/**
 * Values that sources get wrong in the field and that a result would repeat: dates with dots and times with colons
 * (ACR-NEMA), code strings in lower case or with forbidden characters, texts that are too long, a sex that is not
 * one of the three values. What can be read is put right; what cannot is left empty, never guessed.
 */
const limits: Readonly<Record<string, number>> = { SH: 16, LO: 64, CS: 16 };

const digits = (value: string, separator: RegExp) => value.trim().replace(separator, '');

function repairDate(value: string): string {
  const date = digits(value, /[.\-/]/g);
  return /^\d{8}$/.test(date) ? date : '';
}

function repairTime(value: string): string {
  const time = digits(value, /:/g);
  return /^\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?$/.test(time) ? time : '';
}

function repairCode(value: string): string {
  return value
    .toUpperCase()
    .replace(/[^A-Z0-9_ ]/g, ' ')
    .trim()
    .slice(0, limits.CS);
}

function repaired(vr: string, value: string): string {
  switch (vr) {
    case 'DA':
      return repairDate(value);
    case 'TM':
      return repairTime(value);
    case 'CS':
      return repairCode(value);
    case 'SH':
    case 'LO':
      return value.slice(0, limits[vr]);
    default:
      return value;
  }
}

/** Identifiers that other systems match on: never touched, right or wrong. */
const untouchable: readonly Keyword[] = [
  'PatientID',
  'PatientName',
  'AccessionNumber',
  'IssuerOfPatientID',
  'StudyID',
];

const sexes = ['M', 'F', 'O'];

const trialSubject: readonly Keyword[] = [
  'ClinicalTrialSponsorName',
  'ClinicalTrialProtocolID',
  'ClinicalTrialProtocolName',
  'ClinicalTrialSiteID',
  'ClinicalTrialSiteName',
  'ClinicalTrialSubjectID',
  'ClinicalTrialSubjectReadingID',
];

/** Clinical Trial Subject (PS3.3 C.7.1.3) names sponsor, protocol and subject, or is not there at all. */
function repairTrialSubject(object: Dataset): void {
  const isNamed =
    object.text('ClinicalTrialSponsorName') !== undefined &&
    object.text('ClinicalTrialProtocolID') !== undefined &&
    (object.text('ClinicalTrialSubjectID') ?? object.text('ClinicalTrialSubjectReadingID')) !== undefined;
  if (!isNamed) for (const keyword of trialSubject) object.delete(keyword);
}

/** Puts inherited attributes of the top level right. */
export function repairAttributes(object: Dataset): void {
  const kept = new Set(untouchable.map((keyword) => object.element(keyword)?.tag));
  for (const element of object) {
    if (!['DA', 'TM', 'CS', 'SH', 'LO'].includes(element.vr) || kept.has(element.tag)) continue;
    const values = element.texts();
    const better = values.map((value) => repaired(element.vr, value));
    if (better.some((value, index) => value !== values[index])) object.set(element.tag, better, element.vr);
  }
  repairTrialSubject(object);
  const sex = object.text('PatientSex');
  if (sex !== undefined && !sexes.includes(sex)) object.set('PatientSex', null);
}
