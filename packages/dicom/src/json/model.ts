/** The DICOM JSON model, PS3.18 annex F: attributes by eight upper-case hexadecimal digits. */
export type DicomJson = Record<string, DicomJsonElement>;

export interface DicomJsonElement {
  readonly vr: string;
  readonly Value?: readonly unknown[];
  readonly InlineBinary?: string;
  readonly BulkDataURI?: string;
}

/** A component group of a person's name, PS3.18 F.2.2. */
export interface DicomJsonPersonName {
  readonly Alphabetic?: string;
  readonly Ideographic?: string;
  readonly Phonetic?: string;
}

/** Deeper sequences are left empty when writing and refused when reading. */
export const DEEPEST_JSON = 32;

/** `00100010` of a tag number. */
export function jsonTag(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}
