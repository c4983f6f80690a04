import { type Dataset, isUid, type ParsedFile, parsePart10, readFileHeader, UID } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { type PixelDataPlace, pixelDataIsWhole, pixelDataIsWholeIn } from './pixel-data-end.ts';

/** What the index holds of an instance, bounded and without control characters. */
export interface InstanceHeader {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly instanceNumber: number | null;
  readonly rows: number | null;
  readonly columns: number | null;
  readonly numberOfFrames: number | null;
  /** Made by a Photopeak, this one or another: never the input of a run. */
  readonly madeByPhotopeak: boolean;
  readonly study: {
    readonly study_instance_uid: string;
    readonly patient_name: string;
    readonly patient_id: string;
    readonly birth_date: string;
    readonly sex: string;
    readonly accession_number: string;
    readonly study_date: string;
    readonly study_time: string;
    readonly study_id: string;
    readonly description: string;
    readonly referring_physician: string;
    readonly weight_kg: number | null;
    readonly size_m: number | null;
  };
  readonly series: {
    readonly study_instance_uid: string;
    readonly series_instance_uid: string;
    readonly modality: string;
    readonly series_number: number | null;
    readonly description: string;
    readonly body_part: string;
    readonly manufacturer: string;
    readonly model_name: string;
    readonly station_name: string;
    readonly institution: string;
    readonly frame_of_reference_uid: string;
  };
}

/** (0008,0070) of everything this product makes. */
export const OWN_MANUFACTURER = 'Photopeak';
/** LO has 64 characters, PN up to 3 × 64 and LT more; the index keeps what a list can show. */
const LONGEST_TEXT = 256;
const INT4 = 2_147_483_647;

/**
 * Reads what the index needs of a Part 10 file.
 * @throws PhotopeakError of the reader, or INSTANCE_WITHOUT_UID, INSTANCE_TRUNCATED.
 */
export async function readInstanceHeader(file: string): Promise<InstanceHeader> {
  const parsed = readFileHeader(file);
  const place = placeOf(parsed);
  if (place !== undefined && !(await pixelDataIsWhole(file, place))) throw truncated();
  return headerOf(parsed);
}

/**
 * The same from the first bytes of a file, while they are in memory.
 * @returns undefined where more of the file is needed.
 * @throws as `readInstanceHeader`
 */
export function instanceHeaderFrom(head: Uint8Array, byteLength: number): InstanceHeader | undefined {
  let parsed: ParsedFile;
  try {
    parsed = parsePart10(head, { stopBeforePixelData: true, copy: true });
  } catch (error) {
    const isCut = error instanceof PhotopeakError && error.code === 'DICOM_TRUNCATED';
    if (isCut && head.byteLength < byteLength) return undefined;
    throw error;
  }
  const place = placeOf(parsed);
  const isWhole = place === undefined || pixelDataIsWholeIn(head, byteLength, place);
  if (isWhole === undefined) return undefined;
  if (!isWhole) throw truncated();
  return headerOf(parsed);
}

/** Undefined where the place is not known: in a deflated file. */
function placeOf({ transferSyntaxUid, end }: ParsedFile): PixelDataPlace | undefined {
  if (transferSyntaxUid === UID.DeflatedExplicitVRLittleEndian) return undefined;
  return {
    offset: end,
    explicit: transferSyntaxUid !== UID.ImplicitVRLittleEndian,
    littleEndian: transferSyntaxUid !== UID.ExplicitVRBigEndian,
  };
}

function truncated(): PhotopeakError {
  return new PhotopeakError('the instance ends in the middle of its pixel data', {
    code: 'INSTANCE_TRUNCATED',
    remedy: 'send it again',
  });
}

function headerOf({ dataset, meta, transferSyntaxUid }: ParsedFile): InstanceHeader {
  const uid = (keyword: 'SOPInstanceUID' | 'SOPClassUID' | 'StudyInstanceUID' | 'SeriesInstanceUID') => {
    const value = dataset.text(keyword);
    if (value === undefined || value.length > 64 || !isUid(value)) {
      throw new PhotopeakError('the instance lacks an identifier that the index needs', {
        code: 'INSTANCE_WITHOUT_UID',
        expected: `a valid ${keyword}`,
        found: value === undefined ? 'none' : 'something that is not a UID',
        remedy: 'correct the instance at its source',
      });
    }
    return value;
  };
  const study = uid('StudyInstanceUID');
  const manufacturer = text(dataset, 'Manufacturer');
  return {
    sopClassUid: uid('SOPClassUID'),
    sopInstanceUid: uid('SOPInstanceUID'),
    transferSyntaxUid: meta.text('TransferSyntaxUID') ?? transferSyntaxUid,
    instanceNumber: integer(dataset.number('InstanceNumber')),
    rows: integer(dataset.number('Rows')),
    columns: integer(dataset.number('Columns')),
    numberOfFrames: integer(dataset.number('NumberOfFrames')),
    madeByPhotopeak: manufacturer === OWN_MANUFACTURER,
    study: {
      study_instance_uid: study,
      patient_name: text(dataset, 'PatientName'),
      patient_id: text(dataset, 'PatientID'),
      birth_date: text(dataset, 'PatientBirthDate'),
      sex: text(dataset, 'PatientSex'),
      accession_number: text(dataset, 'AccessionNumber'),
      study_date: text(dataset, 'StudyDate'),
      study_time: text(dataset, 'StudyTime'),
      study_id: text(dataset, 'StudyID'),
      description: text(dataset, 'StudyDescription'),
      referring_physician: text(dataset, 'ReferringPhysicianName'),
      weight_kg: positive(dataset.number('PatientWeight')),
      size_m: positive(dataset.number('PatientSize')),
    },
    series: {
      study_instance_uid: study,
      series_instance_uid: uid('SeriesInstanceUID'),
      modality: text(dataset, 'Modality'),
      series_number: integer(dataset.number('SeriesNumber')),
      description: text(dataset, 'SeriesDescription'),
      body_part: text(dataset, 'BodyPartExamined'),
      manufacturer,
      model_name: text(dataset, 'ManufacturerModelName'),
      station_name: text(dataset, 'StationName'),
      institution: text(dataset, 'InstitutionName'),
      frame_of_reference_uid: text(dataset, 'FrameOfReferenceUID'),
    },
  };
}

function text(dataset: Dataset, keyword: Parameters<Dataset['text']>[0]): string {
  // PostgreSQL text cannot hold NUL; other control characters have no place in a list.
  return (dataset.text(keyword) ?? '').replaceAll(/\p{Cc}/gu, '').slice(0, LONGEST_TEXT);
}

function integer(value: number | undefined): number | null {
  return value !== undefined && Number.isInteger(value) && Math.abs(value) <= INT4 ? value : null;
}

function positive(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : null;
}
