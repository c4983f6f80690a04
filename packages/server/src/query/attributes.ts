import { type Keyword, lookUpTag, Tag } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';

/** From the whole to its parts. Only C-FIND asks for patients. */
export type QueryLevel = 'patients' | 'studies' | 'series' | 'instances';
export const levels: readonly QueryLevel[] = ['patients', 'studies', 'series', 'instances'];

/**
 * How a value is compared: `code` and `identifier` with their case, `text` without, `person` by the rules of names,
 * `uid` as a list, `date` and `time` as ranges, `number` exactly, `none` not at all.
 */
type Matching = 'identifier' | 'text' | 'person' | 'uid' | 'date' | 'time' | 'number' | 'none';

/** An attribute that the index holds: it is returned, and matched where `match` says so. */
export interface IndexedAttribute {
  readonly keyword: Keyword;
  readonly level: QueryLevel;
  /** SQL of the value. */
  readonly value: string;
  readonly match: Matching;
}

const attribute = (
  level: QueryLevel,
  keyword: Keyword,
  value: string,
  match: Matching,
): IndexedAttribute => ({ level, keyword, value, match });

/** PS3.18 Tables 10.6.1-5 (matching) and 10.6.3-3 to -5 (returned); the required and unique keys of PS3.4 C.6. */
export const indexed: readonly IndexedAttribute[] = [
  attribute('studies', 'StudyInstanceUID', 'study.study_instance_uid', 'uid'),
  attribute('studies', 'StudyDate', 'study.study_date', 'date'),
  attribute('studies', 'StudyTime', 'study.study_time', 'time'),
  attribute('studies', 'AccessionNumber', 'study.accession_number', 'identifier'),
  attribute('studies', 'StudyDescription', 'study.description', 'text'),
  attribute('studies', 'ReferringPhysicianName', 'study.referring_physician', 'person'),
  attribute('patients', 'PatientName', 'study.patient_name', 'person'),
  attribute('patients', 'PatientID', 'study.patient_id', 'identifier'),
  attribute('patients', 'PatientBirthDate', 'study.birth_date', 'date'),
  attribute('patients', 'PatientSex', 'study.sex', 'identifier'),
  attribute(
    'patients',
    'NumberOfPatientRelatedStudies',
    '(select count(*) from study t where t.patient_id = study.patient_id)',
    'none',
  ),
  attribute(
    'patients',
    'NumberOfPatientRelatedSeries',
    '(select count(*) from study t join series s using (study_instance_uid) where t.patient_id = study.patient_id)',
    'none',
  ),
  attribute(
    'patients',
    'NumberOfPatientRelatedInstances',
    '(select count(*) from study t join instance i using (study_instance_uid) where t.patient_id = study.patient_id)',
    'none',
  ),
  attribute('studies', 'StudyID', 'study.study_id', 'identifier'),
  attribute(
    'studies',
    'ModalitiesInStudy',
    "(select string_agg(distinct s.modality, '\\' order by s.modality) from series s where s.study_instance_uid = study.study_instance_uid)",
    'none',
  ),
  attribute(
    'studies',
    'NumberOfStudyRelatedSeries',
    '(select count(*) from series s where s.study_instance_uid = study.study_instance_uid)',
    'none',
  ),
  attribute(
    'studies',
    'NumberOfStudyRelatedInstances',
    '(select count(*) from instance i where i.study_instance_uid = study.study_instance_uid)',
    'none',
  ),
  attribute('series', 'SeriesInstanceUID', 'series.series_instance_uid', 'uid'),
  attribute('series', 'Modality', 'series.modality', 'identifier'),
  attribute('series', 'SeriesNumber', 'series.series_number', 'number'),
  attribute('series', 'SeriesDescription', 'series.description', 'text'),
  attribute('series', 'BodyPartExamined', 'series.body_part', 'identifier'),
  attribute('series', 'Manufacturer', 'series.manufacturer', 'text'),
  attribute(
    'series',
    'NumberOfSeriesRelatedInstances',
    '(select count(*) from instance i where i.study_instance_uid = series.study_instance_uid and i.series_instance_uid = series.series_instance_uid)',
    'none',
  ),
  attribute('instances', 'SOPClassUID', 'instance.sop_class_uid', 'uid'),
  attribute('instances', 'SOPInstanceUID', 'instance.sop_instance_uid', 'uid'),
  attribute('instances', 'InstanceNumber', 'instance.instance_number', 'number'),
  attribute('instances', 'Rows', 'instance.rows', 'number'),
  attribute('instances', 'Columns', 'instance.columns', 'number'),
  attribute('instances', 'NumberOfFrames', 'instance.number_of_frames', 'number'),
];

/** Of the series, kept with the metadata (table series_procedure): matched, and returned by `includefield`. */
export const procedureFields: Readonly<
  Record<string, { readonly column: string; readonly kind: 'date' | 'time' }>
> = {
  PerformedProcedureStepStartDate: { column: 'performed_date', kind: 'date' },
  PerformedProcedureStepStartTime: { column: 'performed_time', kind: 'time' },
};
export const requestFields: Readonly<Record<string, string>> = {
  RequestedProcedureID: 'requestedProcedureId',
  ScheduledProcedureStepID: 'scheduledProcedureStepId',
};
export const REQUESTS = 'RequestAttributesSequence';

/** What may be asked for at the level of a patient: patient module, PS3.3 C.7.1.1. */
const OF_PATIENT =
  'IssuerOfPatientID IssuerOfPatientIDQualifiersSequence TypeOfPatientID PatientBirthTime OtherPatientIDs OtherPatientIDsSequence OtherPatientNames EthnicGroup PatientComments PatientSpeciesDescription ResponsiblePerson ResponsibleOrganization PatientIdentityRemoved DeidentificationMethod DeidentificationMethodCodeSequence'.split(
    ' ',
  );
/** The same of a study: general and patient study modules, PS3.3 C.7.2. */
const OF_STUDY =
  'TimezoneOffsetFromUTC IssuerOfAccessionNumberSequence ReferringPhysicianIdentificationSequence ConsultingPhysicianName ProcedureCodeSequence PhysiciansOfRecord NameOfPhysiciansReadingStudy AdmittingDiagnosesDescription AdmittingDiagnosesCodeSequence PatientInsurancePlanCodeSequence PatientAge PatientSize PatientWeight Occupation SmokingStatus PregnancyStatus MedicalAlerts Allergies AdditionalPatientHistory LongitudinalTemporalInformationModified AdmissionID ReasonForTheRequestedProcedure RequestingPhysician RequestingService RequestedProcedureDescription'.split(
    ' ',
  );
/** The same of a series: series, equipment and frame of reference modules. */
const OF_SERIES =
  'SeriesDate SeriesTime SeriesDescriptionCodeSequence Laterality ProtocolName PerformingPhysicianName OperatorsName PatientPosition SmallestPixelValueInSeries LargestPixelValueInSeries PerformedProcedureStepStartDate PerformedProcedureStepStartTime PerformedProcedureStepEndDate PerformedProcedureStepEndTime PerformedProcedureStepID PerformedProcedureStepDescription PerformedProtocolCodeSequence RequestAttributesSequence InstitutionName InstitutionAddress InstitutionalDepartmentName StationName ManufacturerModelName DeviceSerialNumber SoftwareVersions FrameOfReferenceUID PositionReferenceIndicator'.split(
    ' ',
  );
const tagsOf = (keywords: readonly string[]) => new Set(keywords.map((keyword) => Tag[keyword as Keyword]));
const tagsBelow: Readonly<Record<Exclude<QueryLevel, 'instances'>, ReadonlySet<number>>> = {
  patients: tagsOf(OF_PATIENT),
  studies: tagsOf([...OF_PATIENT, ...OF_STUDY]),
  series: tagsOf([...OF_PATIENT, ...OF_STUDY, ...OF_SERIES]),
};

/** Whether an attribute of an instance says something about the whole entity of this level. */
export function describesLevel(tag: number, level: QueryLevel): boolean {
  return level === 'instances' || tagsBelow[level].has(tag);
}

/** Keyword of an attribute named by keyword or by eight hexadecimal digits; the text itself for others. */
export function nameOf(text: string): string {
  if (!/^[0-9a-f]{8}$/i.test(text)) return text;
  return lookUpTag(Number.parseInt(text, 16))?.keyword ?? text.toUpperCase();
}

export function badParameter(message: string, found: string, expected?: string): PhotopeakError {
  return new PhotopeakError(message, {
    code: 'HTTP_INPUT',
    found: found.slice(0, 80),
    ...(expected === undefined ? {} : { expected }),
  });
}
