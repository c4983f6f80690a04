import { PhotopeakError } from '@photopeak/imaging';

/**
 * Every code that reading, writing and loading DICOM can end with or report, what it means and what to do.
 * An error stops the operation; a finding accompanies a result.
 */
export const dicomErrorCodes = {
  DICOM_NOT_DICOM: {
    meaning: 'The bytes are not a DICOM file or data set.',
    remedy: 'Check that the file is DICOM; other files beside a study can be ignored.',
  },
  DICOM_TRUNCATED: {
    meaning: 'The file ends inside an element.',
    remedy: 'Fetch the file again from its source; it was not copied to its end.',
  },
  DICOM_MALFORMED: {
    meaning: 'The bytes at this place are not a valid element, item or length.',
    remedy: 'Fetch the file again; if it stays so, ask the vendor of the writing software.',
  },
  DICOM_NESTING_TOO_DEEP: {
    meaning: 'Sequences are nested deeper than any real object.',
    remedy: 'The file is refused to protect the reader.',
  },
  DICOM_TOO_MANY_ITEMS: {
    meaning: 'A sequence has more items than its bytes can plausibly hold.',
    remedy: 'The file is refused to protect the reader.',
  },
  DICOM_TOO_LARGE: {
    meaning: 'The file, or what it inflates to, is larger than the configured limit.',
    remedy: 'Raise the limit if the file is trusted.',
  },
  DICOM_TRANSFER_SYNTAX_UNSUPPORTED: {
    meaning: 'The pixel data is compressed in a way that this software cannot decode.',
    remedy: 'Ask the archive to send it uncompressed or in a lossless JPEG-LS or JPEG 2000 syntax.',
  },
  DICOM_PIXEL_DATA_MISSING: {
    meaning: 'The object has no pixel data, or the frame is not there.',
    remedy: 'Check that the object is an image and is complete.',
  },
  DICOM_PIXEL_DATA_INVALID: {
    meaning: 'The pixel data does not agree with the attributes that describe it.',
    remedy: 'Fetch the file again; if it stays so, ask the vendor of the writing software.',
  },
  DICOM_PIXEL_TYPE_UNSUPPORTED: {
    meaning: 'The pixel format is outside what DICOM images use.',
    remedy: 'Ask the vendor of the writing software.',
  },
  DICOM_VALUE_INVALID: {
    meaning: 'A value cannot be written with this value representation.',
    remedy: 'Correct the value before writing.',
  },
  DICOM_JSON_INVALID: {
    meaning: 'A data set in DICOM JSON does not follow PS3.18 annex F.',
    remedy: 'Correct the attribute at the place that is named.',
  },
  DICOM_BURNED_IN_TEXT: {
    meaning: 'Clean pixels are asked for, and the image may show text at a place that is not known.',
    remedy: 'Add a region for this device, or send the image only where its pixels may show text.',
  },
  DICOM_DEIDENTIFICATION_KEY: {
    meaning: 'The secret key of a de-identification is missing or too short to keep a secret.',
    remedy: 'Set a key of at least 16 characters, made at random, and keep it.',
  },
  DICOM_UNKNOWN_KEYWORD: {
    meaning: 'The data dictionary has no such keyword.',
    remedy: 'Use a keyword of PS3.6, or set the element by tag and VR.',
  },
  DICOM_MISSING_ATTRIBUTE: {
    meaning: 'An attribute that is needed here is absent or empty.',
    remedy: 'Check the object at its source.',
  },
  DICOM_FILE_UNREADABLE: {
    meaning: 'The operating system did not let the file be read.',
    remedy: 'Check permissions and the disk.',
  },
  DICOM_FOLDER_UNREADABLE: {
    meaning: 'The folder does not exist or may not be read.',
    remedy: 'Check the path and its permissions.',
  },
  DICOM_DICOMDIR: {
    meaning: 'The file is a DICOMDIR, an index of other files, and holds no image.',
    remedy: 'Nothing to do: the files themselves are read.',
  },
  DICOM_DUPLICATE_INSTANCE: {
    meaning: 'Two files have the same SOP Instance UID; the first is used.',
    remedy: 'Remove the copy, or find out why the contents differ.',
  },
  DICOM_TRANSFER_SYNTAX_MISMATCH: {
    meaning: 'The data set is not encoded as its transfer syntax says; it was read as it is encoded.',
    remedy: 'Report it to the vendor of the writing software.',
  },
  DICOM_META_INVALID: {
    meaning: 'The file meta information is absent or irregular; it was read as far as possible.',
    remedy: 'Report it to the vendor of the writing software.',
  },
  DICOM_TRAILING_BYTES: {
    meaning: 'Bytes after the end of the data set were ignored.',
    remedy: 'Usually harmless; report it to the vendor of the writing software.',
  },
  DICOM_VR_INVALID: {
    meaning: 'An element has no valid value representation; it was read by the dictionary.',
    remedy: 'Report it to the vendor of the writing software.',
  },
  DICOM_DUPLICATE_ELEMENT: {
    meaning: 'A data set has the same element twice; the first is used.',
    remedy: 'Report it to the vendor of the writing software.',
  },
  DICOM_CHARACTER_SET_UNKNOWN: {
    meaning: 'The specific character set is not a defined term; text is shown as far as it can be read.',
    remedy: 'Correct (0008,0005) at the source.',
  },
  SERIES_NOT_A_VOLUME: {
    meaning: 'The series is not a stack of parallel slices.',
    remedy: 'Choose another series.',
  },
  SERIES_LOCALIZER: {
    meaning: 'The series is a localizer (scout).',
    remedy: 'Choose another series.',
  },
  SERIES_COLOUR: {
    meaning: 'The series holds colour pictures, such as captures, and no measured values.',
    remedy: 'Choose another series.',
  },
  SERIES_NO_GEOMETRY: {
    meaning: 'The images have no position or orientation in patient space.',
    remedy: 'Send the original images instead of derived pictures.',
  },
  SERIES_SINGLE_SLICE: {
    meaning: 'The series has one slice; the slice thickness is used as its extent.',
    remedy: 'Nothing, if one slice is what was meant.',
  },
  SERIES_INCONSISTENT: {
    meaning: 'Slices that should belong together differ in size or orientation.',
    remedy: 'Check the series at the scanner or archive.',
  },
  SERIES_DUPLICATE_SLICE: {
    meaning: 'Two slices lie at the same position.',
    remedy: 'Check whether two reconstructions share a series.',
  },
  SERIES_MISSING_SLICES: {
    meaning: 'There is a gap in the stack: slices are missing.',
    remedy: 'Send the series again; if it is complete at the source, report the gap.',
  },
  SERIES_UNEVEN_SPACING: {
    meaning: 'The distances between slices differ.',
    remedy: 'Reconstruct the series with even spacing.',
  },
  SERIES_GANTRY_TILT: {
    meaning: 'The slices are shifted against each other, as with a tilted gantry.',
    remedy: 'The volume is sheared to a rectangular grid where allowed; otherwise choose an untilted series.',
  },
  SERIES_SPACING_ASSUMED: {
    meaning: 'The distance between slices is not given by positions; an attribute was used.',
    remedy: 'Check the spacing in the viewer of the scanner.',
  },
  SERIES_ORIENTATION_ASSUMED: {
    meaning: 'Position or orientation is absent; a conventional one was assumed.',
    remedy: 'Do not use this volume together with others without a registration.',
  },
  SERIES_MIXED_RESCALE: {
    meaning: 'Slices of one series differ in their unit of rescaled values.',
    remedy: 'Check the series at the scanner or archive.',
  },
  SERIES_SEVERAL_STACKS: {
    meaning: 'The series holds several stacks, such as time points or echoes; one volume was made from each.',
    remedy: 'Choose the stack that is meant.',
  },
  SERIES_TOO_LARGE: {
    meaning: 'The volume would need more memory than the limit allows.',
    remedy: 'Raise the limit, or reduce the series.',
  },
} as const satisfies Readonly<Record<string, { meaning: string; remedy: string }>>;

export type DicomErrorCode = keyof typeof dicomErrorCodes;

/** Something irregular that did not stop the reading. Never holds patient data. */
export interface Finding {
  readonly code: DicomErrorCode;
  readonly message: string;
  /** File, tag with offset, slice or series. */
  readonly where?: string;
}

interface Details {
  readonly where?: string;
  readonly expected?: string;
  readonly found?: string;
  readonly cause?: unknown;
}

/** An error of this package: the remedy comes from the table above. */
export function dicomError(code: DicomErrorCode, message: string, details: Details = {}): PhotopeakError {
  return new PhotopeakError(message, { code, remedy: dicomErrorCodes[code].remedy, ...details });
}

export function finding(code: DicomErrorCode, message: string, where?: string): Finding {
  return where === undefined ? { code, message } : { code, message, where };
}

/** `(0008,0018)`. */
export function hexTag(tag: number): string {
  const text = (tag >>> 0).toString(16).padStart(8, '0').toUpperCase();
  return `(${text.slice(0, 4)},${text.slice(4)})`;
}
