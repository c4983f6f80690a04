import { type DicomJson, fromDicomJson, parseDataset, toDicomJson, writeDataset } from '@photopeak/dicom';
import { type DataSetEncoder, refusal, STATUS } from '@photopeak/dimse';
import { PhotopeakError } from '@photopeak/imaging';

/** An identifier or attribute list of a peer. Deeper nesting is no query. */
const LIMITS = { maxDepth: 16 };

/** @throws DimseError C000, which the peer sees, for bytes that are no data set */
export function readAttributes(bytes: Uint8Array | undefined, transferSyntaxUid: string): DicomJson {
  if (bytes === undefined || bytes.length === 0) return {};
  try {
    return toDicomJson(parseDataset(bytes, { transferSyntaxUid, limits: LIMITS }).dataset);
  } catch (error) {
    if (error instanceof PhotopeakError) throw refusal(STATUS.cannotUnderstand, `Data set: ${error.code}`);
    throw error;
  }
}

/** Text goes out as UTF-8 (ISO_IR 192), and says so. */
export function encodeAttributes(attributes: DicomJson): DataSetEncoder {
  return (transferSyntaxUid) => writeDataset(fromDicomJson(attributes), { transferSyntaxUid });
}
