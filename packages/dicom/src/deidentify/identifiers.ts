import { type Dataset, Tag, vrTraits } from '../data/index.ts';

/** What stands where an identifier was. */
export const REMOVED = 'REMOVED';

const SHORTEST_WORD = 3;

/** Attributes whose whole value identifies, whatever their VR. */
const identifying: readonly number[] = [
  Tag.PatientID,
  Tag.OtherPatientIDs,
  Tag.AccessionNumber,
  Tag.AdmissionID,
  Tag.ServiceEpisodeID,
  Tag.MedicalRecordLocator,
  Tag.MilitaryRank,
  Tag.PatientAddress,
  Tag.PersonAddress,
  Tag.PatientTelephoneNumbers,
  Tag.PersonTelephoneNumbers,
  Tag.PlacerOrderNumberImagingServiceRequest,
  Tag.FillerOrderNumberImagingServiceRequest,
  Tag.RequestedProcedureID,
  Tag.StudyID,
  Tag.InsurancePlanIdentification,
  Tag.ClinicalTrialSubjectID,
];
const institution: readonly number[] = [
  Tag.InstitutionName,
  Tag.InstitutionAddress,
  Tag.InstitutionalDepartmentName,
  Tag.CurrentPatientLocation,
  Tag.PatientInstitutionResidence,
];
const device: readonly number[] = [
  Tag.StationName,
  Tag.DeviceSerialNumber,
  Tag.PerformedStationName,
  Tag.PerformedStationAETitle,
];

/** Attributes whose values are terms of the standard: a patient may be called like one of them. */
const terms: ReadonlySet<number> = new Set([
  Tag.ImageType,
  Tag.Modality,
  Tag.BodyPartExamined,
  Tag.PatientPosition,
  Tag.PatientSex,
  Tag.PhotometricInterpretation,
  Tag.SpecificCharacterSet,
  Tag.ValueType,
  Tag.RelationshipType,
  Tag.CodingSchemeDesignator,
  Tag.Units,
  Tag.DecayCorrection,
  Tag.CorrectedImage,
  Tag.SegmentationType,
  Tag.Laterality,
  Tag.ImageLaterality,
  Tag.FrameType,
  Tag.ScanOptions,
  Tag.PresentationIntentType,
]);

/** Terms that are also names. In those attributes they are terms. */
const termWords: ReadonlySet<string> = new Set(
  'head neck chest breast heart hand foot arm leg hip knee back axial original primary secondary derived other image container contains text code num ct pt dcm sct local'.split(
    ' ',
  ),
);

/** Words that occur in names and addresses but point to nobody. */
const common: ReadonlySet<string> = new Set([
  'the',
  'and',
  'for',
  'von',
  'van',
  'der',
  'den',
  'del',
  'dos',
  'mrs',
  'prof',
  'phd',
  'anonymous',
  'unknown',
  'none',
  'street',
  'road',
  'hospital',
  'klinik',
  'clinic',
  'university',
  'department',
  'radiology',
  'nuclear',
  'medicine',
  'center',
  'centre',
  'medical',
  'imaging',
  'institute',
]); // prettier-ignore

/** Finds the identifiers of one data set in free text. */
export interface Identifiers {
  /** The text with identifiers replaced; the text itself where there are none. */
  readonly scrub: (text: string, tag?: number) => string;
}

/**
 * The identifiers that a data set itself names, at any depth: names of persons, numbers of the patient and the order,
 * the birth date in the ways it is written, and the institution and device unless they are retained. Text that stays
 * is searched for them, so that a name that somebody typed into a protocol name or a private element does not leave.
 */
export function identifiersOf(
  dataset: Dataset,
  retained: { readonly institution: boolean; readonly device: boolean },
): Identifiers {
  const words = new Set<string>();
  const whole = [
    ...identifying,
    ...(retained.institution ? [] : institution),
    ...(retained.device ? [] : device),
  ];
  collect(dataset, new Set(whole), words);
  for (const text of dateForms(dataset.text('PatientBirthDate'))) words.add(text);
  const patterns = [...words]
    .filter((word) => word.length >= SHORTEST_WORD && !common.has(word))
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  if (patterns.length === 0) return { scrub: (text) => text };
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${patterns.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
  return {
    scrub: (text, tag = 0) =>
      text.replace(pattern, (word) => (terms.has(tag) && termWords.has(word.toLowerCase()) ? word : REMOVED)),
  };
}

function collect(dataset: Dataset, whole: ReadonlySet<number>, words: Set<string>): void {
  for (const element of dataset) {
    if (element.content.kind === 'items') {
      for (const item of element.items()) collect(item, whole, words);
    } else if (element.vr === 'PN') {
      for (const name of element.texts()) {
        for (const part of name.split(/[\^=,\s]+/)) words.add(part.toLowerCase());
      }
    } else if (whole.has(element.tag) && vrTraits[element.vr].kind === 'text') {
      for (const value of element.texts()) {
        const text = value.trim().toLowerCase();
        words.add(text);
        // Addresses and institutions are also written in part.
        if (/\s/.test(text))
          for (const part of text.split(/[\s,;]+/)) if (part.length > SHORTEST_WORD) words.add(part);
      }
    }
  }
}

function dateForms(date: string | undefined): string[] {
  const match = /^(\d{4})[.-]?(\d{2})[.-]?(\d{2})$/.exec(date ?? '');
  if (match === null) return [];
  const [, y, m, d] = match;
  return [
    `${y}${m}${d}`,
    ...['.', '-', '/'].flatMap((s) =>
      [
        [y, m, d],
        [d, m, y],
        [m, d, y],
      ].map((p) => p.join(s)),
    ),
  ];
}

/** Dates, long numbers, mail addresses, and names after a title: what free text says about people besides. */
const telling: readonly RegExp[] = [
  /\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b/g,
  /\b\d{5,}\b/g,
  /\S+@\S+/g,
  /\b(?:Dr|Prof|Mr|Mrs|Ms|Herr|Frau)\.?\s+\p{Lu}[\p{L}'-]*(?:\s+\p{Lu}[\p{L}'-]*)?/gu,
];

/** Free text as the cleaning options leave it. */
export function cleanText(text: string, identifiers: Identifiers): string {
  let clean = identifiers.scrub(text);
  for (const pattern of telling) clean = clean.replace(pattern, REMOVED);
  return clean;
}
