import { Dataset, Element, type Keyword } from '../data/index.ts';
import { shiftDate } from './dates.ts';

/** What is needed to give an object that came back its study again. */
export interface Reidentification {
  /** Pseudonymous UIDs to the real ones. */
  readonly uids: ReadonlyMap<string, string>;
  /** The data set of an original of the study: its patient and study attributes are taken over. */
  readonly original: Dataset;
  /** As it was shifted on the way out: negative. */
  readonly shiftDays: number;
  /** Who made it, for Contributing Equipment. */
  readonly service: string;
}

/** Patient, Patient Study and General Study (PS3.3 C.7.1.1, C.7.2.2, C.7.2.1). */
const takenOver: readonly Keyword[] = [
  'PatientName',
  'PatientID',
  'IssuerOfPatientID',
  'IssuerOfPatientIDQualifiersSequence',
  'OtherPatientIDsSequence',
  'PatientBirthDate',
  'PatientBirthTime',
  'PatientSex',
  'PatientAge',
  'PatientSize',
  'PatientWeight',
  'EthnicGroup',
  'StudyDate',
  'StudyTime',
  'StudyID',
  'AccessionNumber',
  'IssuerOfAccessionNumberSequence',
  'StudyDescription',
  'ReferringPhysicianName',
  'TimezoneOffsetFromUTC',
];

const marks: readonly Keyword[] = [
  'PatientIdentityRemoved',
  'DeidentificationMethod',
  'DeidentificationMethodCodeSequence',
  'LongitudinalTemporalInformationModified',
];

/** Dates of originals lie within this of the study date; what the service dated itself lies far from it when shifted. */
const WINDOW_DAYS = 45;
const DAY_MS = 86_400_000;

/**
 * An object that an outside service made of a de-identified study, with the identity of the original study: patient
 * and study attributes, the UIDs that it refers to, and the dates that it took over. Its own SOP Instance and Series
 * Instance UID and the dates on which it was made stay. The data set that is given is not changed.
 */
export function reidentify(dataset: Dataset, way: Reidentification): Dataset {
  const result = mapped(dataset, way);
  for (const keyword of takenOver) {
    const element = way.original.element(keyword);
    if (element === undefined) result.delete(keyword);
    else result.setElement(element);
  }
  for (const keyword of marks) result.delete(keyword);
  const equipment = Dataset.of({
    PurposeOfReferenceCodeSequence: Dataset.of({
      CodeValue: '109103',
      CodingSchemeDesignator: 'DCM',
      CodeMeaning: 'Modifying Equipment',
    }),
    Manufacturer: 'Photopeak',
    ContributionDescription: `Identity restored; made by ${way.service}`,
  });
  return result.set('ContributingEquipmentSequence', [
    ...result.items('ContributingEquipmentSequence'),
    equipment,
  ]);
}

function mapped(dataset: Dataset, way: Reidentification): Dataset {
  const studyTime = dateOf(way.original.text('StudyDate'));
  const result = new Dataset();
  for (const element of dataset) {
    const { tag, vr } = element;
    if (vr === 'SQ') {
      const items = element.items().map((item) => mapped(item, way));
      result.setElement(new Element(tag, 'SQ', { kind: 'items', items: () => items }));
    } else if (vr === 'UI') {
      const uids = element.texts();
      if (uids.some((uid) => way.uids.has(uid))) {
        result.set(
          tag,
          uids.map((uid) => way.uids.get(uid) ?? uid),
          'UI',
        );
      } else result.setElement(element);
    } else if (vr === 'DA' || vr === 'DT') {
      const texts = element.texts();
      const back = texts.map((text) => shiftedBack(text, way.shiftDays, studyTime));
      if (back.some((text, index) => text !== texts[index])) result.set(tag, back, vr);
      else result.setElement(element);
    } else {
      result.setElement(element);
    }
  }
  return result;
}

function shiftedBack(text: string, shiftDays: number, studyTime: number | undefined): string {
  const back = shiftDate(text, -shiftDays);
  const time = dateOf(back);
  if (back === undefined || time === undefined || studyTime === undefined) return text;
  return Math.abs(time - studyTime) <= WINDOW_DAYS * DAY_MS ? back : text;
}

function dateOf(text: string | undefined): number | undefined {
  const match = /^(\d{4})[.-]?(\d{2})[.-]?(\d{2})/.exec(text ?? '');
  return match === null ? undefined : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
}
