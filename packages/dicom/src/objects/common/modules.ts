import { type Code, dcm, PHOTOPEAK_SCHEME } from '../../codes/index.ts';
import { Dataset, type Keyword } from '../../data/index.ts';
import { codeItem } from './code-item.ts';
import { limitLo, type ObjectContext, type SeriesContext } from './context.ts';
import { toDicomDateTime } from './date-time.ts';
import { repairAttributes } from './repair.ts';

/**
 * Attributes that a result takes over from its study. Type 2 attributes are written empty where the source has none;
 * the others only where it has them.
 */
interface Inherited {
  readonly type2: readonly Keyword[];
  readonly type3: readonly Keyword[];
}

/** Patient, PS3.3 C.7.1.1, and Clinical Trial Subject, C.7.1.3. */
const patient: Inherited = {
  type2: ['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex'],
  type3: [
    'IssuerOfPatientID',
    'IssuerOfPatientIDQualifiersSequence',
    'OtherPatientIDsSequence',
    'PatientBirthTime',
    'EthnicGroup',
    'PatientComments',
    'PatientSpeciesDescription',
    'PatientSpeciesCodeSequence',
    'PatientBreedDescription',
    'PatientBreedCodeSequence',
    'BreedRegistrationSequence',
    'ResponsiblePerson',
    'ResponsibleOrganization',
    'QualityControlSubject',
    'PatientIdentityRemoved',
    'DeidentificationMethod',
    'DeidentificationMethodCodeSequence',
  ],
};

/** General Study, PS3.3 C.7.2.1, and Patient Study, C.7.2.2. */
const study: Inherited = {
  type2: ['StudyDate', 'StudyTime', 'ReferringPhysicianName', 'StudyID', 'AccessionNumber'],
  type3: [
    'StudyInstanceUID',
    'IssuerOfAccessionNumberSequence',
    'StudyDescription',
    'PhysiciansOfRecord',
    'ReferencedStudySequence',
    'ProcedureCodeSequence',
    'PatientAge',
    'PatientSize',
    'PatientWeight',
    'PatientSexNeutered',
    'AdmissionID',
    'AdmittingDiagnosesDescription',
    'AdditionalPatientHistory',
  ],
};

function inherit(object: Dataset, source: Dataset, { type2, type3 }: Inherited): void {
  for (const keyword of type2) object.set(keyword, null);
  object.copyFrom(source, [...type2, ...type3]);
}

/** Clinical Trial Subject, PS3.3 C.7.1.3, and Clinical Trial Study, C.7.2.3. */
const clinicalTrial: Inherited = {
  type2: ['ClinicalTrialProtocolName', 'ClinicalTrialSiteID', 'ClinicalTrialSiteName'],
  type3: [
    'ClinicalTrialSponsorName',
    'ClinicalTrialProtocolID',
    'ClinicalTrialSubjectID',
    'ClinicalTrialSubjectReadingID',
    'ClinicalTrialTimePointID',
    'ClinicalTrialTimePointDescription',
  ],
};

/** De-identification often leaves parts of the module, which is whole or not there at all. */
function namesClinicalTrial(source: Dataset): boolean {
  const has = (keyword: Keyword) => source.text(keyword) !== undefined;
  return (
    has('ClinicalTrialSponsorName') &&
    has('ClinicalTrialProtocolID') &&
    (has('ClinicalTrialSubjectID') || has('ClinicalTrialSubjectReadingID'))
  );
}

/** Type 2 attributes of patient and study that an inherited header lacks are written empty. */
export function completePatientAndStudy(object: Dataset): void {
  for (const keyword of [...patient.type2, ...study.type2]) {
    if (!object.has(keyword)) object.set(keyword, null);
  }
}

/** Patient and study of the source. */
export function addPatientAndStudy(object: Dataset, source: Dataset): void {
  inherit(object, source, patient);
  inherit(object, source, study);
  if (namesClinicalTrial(source)) inherit(object, source, clinicalTrial);
}

/** General Series, PS3.3 C.7.3.1, common part. */
export function addSeries(object: Dataset, context: SeriesContext, modality: string): void {
  const { date, time } = toDicomDateTime(context.at);
  object.set('Modality', modality);
  object.set('SeriesInstanceUID', context.seriesInstanceUid);
  object.set('SeriesNumber', context.seriesNumber);
  object.set('SeriesDescription', limitLo(context.seriesDescription));
  object.set('SeriesDate', date);
  object.set('SeriesTime', time);
}

/** General Equipment, PS3.3 C.7.5.1, and Enhanced General Equipment, C.7.5.2: the software that made the object. */
export function addEquipment(object: Dataset, context: SeriesContext): void {
  const { equipment } = context;
  object.set('Manufacturer', limitLo(equipment.manufacturer));
  object.set('ManufacturerModelName', limitLo(equipment.model));
  object.set('DeviceSerialNumber', limitLo(equipment.deviceSerialNumber));
  object.set('SoftwareVersions', equipment.softwareVersions);
  object.copyFrom(context.source, ['InstitutionName', 'InstitutionAddress']);
}

const scannerAttributes: readonly Keyword[] = [
  'Manufacturer',
  'ManufacturerModelName',
  'StationName',
  'DeviceSerialNumber',
  'SoftwareVersions',
  'InstitutionName',
  'InstitutionAddress',
  'DateOfLastCalibration',
  'TimeOfLastCalibration',
  'SpatialResolution',
];

/**
 * Contributing Equipment, PS3.3 C.12.1.1.5: the scanner (109101), whatever the source names already, and each model
 * (109102) with the Device UID that tells its versions apart (IHE AIR 6.5.3.1).
 */
function contributingEquipment(context: SeriesContext): readonly Dataset[] {
  const { source } = context;
  const items: Dataset[] = [...source.items('ContributingEquipmentSequence')];
  const hasScanner = items.some(
    (item) =>
      item.item('PurposeOfReferenceCodeSequence')?.text('CodeValue') === dcm.acquisitionEquipment.value,
  );
  if (!hasScanner && source.text('Manufacturer') !== undefined) {
    const scanner = Dataset.of({ PurposeOfReferenceCodeSequence: codeItem(dcm.acquisitionEquipment) });
    scanner.copyFrom(source, scannerAttributes);
    repairAttributes(scanner);
    items.push(scanner);
  }
  const { dateTime } = toDicomDateTime(context.at);
  for (const algorithm of context.algorithms ?? []) {
    items.push(
      Dataset.of({
        PurposeOfReferenceCodeSequence: codeItem(dcm.processingEquipment),
        Manufacturer: limitLo(algorithm.manufacturer),
        ManufacturerModelName: limitLo(algorithm.name),
        SoftwareVersions: limitLo(algorithm.version),
        DeviceUID: algorithm.deviceUid,
        ContributionDateTime: dateTime,
        ContributionDescription: algorithm.parameters?.join('; ').slice(0, 1024),
      }),
    );
  }
  return items;
}

/** SOP Common, PS3.3 C.12.1. Text is written in UTF-8. */
export function addSopCommon(
  object: Dataset,
  context: SeriesContext,
  sopClassUid: string,
  sopInstanceUid: string,
): void {
  const { date, time } = toDicomDateTime(context.at);
  object.set('SpecificCharacterSet', 'ISO_IR 192');
  object.set('SOPClassUID', sopClassUid);
  object.set('SOPInstanceUID', sopInstanceUid);
  object.set('InstanceCreationDate', date);
  object.set('InstanceCreationTime', time);
  object.copyFrom(context.source, ['TimezoneOffsetFromUTC', 'LongitudinalTemporalInformationModified']);
  const equipment = contributingEquipment(context);
  if (equipment.length > 0) object.set('ContributingEquipmentSequence', equipment);
  const research = context.source.text('ContentQualification') === 'RESEARCH' ? 'RESEARCH' : undefined;
  const qualification = research ?? context.contentQualification;
  if (qualification !== undefined) object.set('ContentQualification', qualification);
}

/** Date and time of the content: General Image C.7.6.1 and the content modules of non-image objects. */
export function addContentDateTime(object: Dataset, context: SeriesContext): void {
  const { date, time } = toDicomDateTime(context.at);
  object.set('ContentDate', date);
  object.set('ContentTime', time);
}

/** Content Identification Macro, PS3.3 Table 10-12. */
export function addContentIdentification(
  object: Dataset,
  content: { readonly label: string; readonly description?: string; readonly creatorName?: string },
): void {
  object.set('ContentLabel', content.label);
  object.set('ContentDescription', content.description === undefined ? null : limitLo(content.description));
  object.set('ContentCreatorName', content.creatorName ?? null);
}

/** Frame of Reference, PS3.3 C.7.4.1. */
export function addFrameOfReference(object: Dataset, uid: string, source: Dataset): void {
  object.set('FrameOfReferenceUID', uid);
  object.set('PositionReferenceIndicator', null);
  if (source.text('FrameOfReferenceUID') === uid) object.copyFrom(source, ['PositionReferenceIndicator']);
}

/** The modules every object starts with. */
export function startObject(context: ObjectContext, sopClassUid: string, modality: string): Dataset {
  const object = new Dataset();
  addSopCommon(object, context, sopClassUid, context.sopInstanceUid);
  addPatientAndStudy(object, context.source);
  addSeries(object, context, modality);
  addEquipment(object, context);
  object.set('InstanceNumber', context.instanceNumber ?? 1);
  repairAttributes(object);
  return object;
}

/** Every code of the object, at any depth. */
function* schemesUsed(object: Dataset): Generator<string> {
  for (const element of object) {
    if (element.vr !== 'SQ') continue;
    for (const item of element.items()) {
      const scheme = item.text('CodingSchemeDesignator');
      if (scheme !== undefined && item.has('CodeMeaning')) yield scheme;
      yield* schemesUsed(item);
    }
  }
}

/** Declares our private coding scheme where the object uses it: PS3.3 C.12.1, (0008,0110). */
export function declareCodingSchemes(object: Dataset, responsible: string): void {
  for (const scheme of schemesUsed(object)) {
    if (scheme === PHOTOPEAK_SCHEME) {
      object.set(
        'CodingSchemeIdentificationSequence',
        Dataset.of({
          CodingSchemeDesignator: PHOTOPEAK_SCHEME,
          CodingSchemeName: 'Photopeak concepts without a standard code',
          CodingSchemeResponsibleOrganization: responsible,
        }),
      );
      return;
    }
  }
}

export const codeItems = (codes: readonly Code[]): readonly Dataset[] => codes.map(codeItem);
