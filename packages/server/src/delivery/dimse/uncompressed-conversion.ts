import { readFile } from 'node:fs/promises';
import { parsePart10, UID, writeDataset } from '@photopeak/dicom';
import { type Conversion, fromBytes } from '@photopeak/dimse';

/** The uncompressed encodings that a data set can change between without touching a value, best first. */
const ENCODINGS: readonly string[] = [UID.ExplicitVRLittleEndian, UID.ImplicitVRLittleEndian];

const CONVERTIBLE: ReadonlySet<string> = new Set([
  ...ENCODINGS,
  UID.ExplicitVRBigEndian,
  UID.DeflatedExplicitVRLittleEndian,
]);

/**
 * For a destination that does not take the encoding of an uncompressed instance (some take implicit VR only): the
 * same elements and values, private ones included, in another encoding. Compressed instances stay as they are.
 */
export const uncompressedConversion: Conversion = {
  syntaxes: ({ transferSyntaxUid }) =>
    CONVERTIBLE.has(transferSyntaxUid) ? ENCODINGS.filter((uid) => uid !== transferSyntaxUid) : [],
  async convert(file, _head, transferSyntaxUid) {
    const { dataset } = parsePart10(await readFile(file));
    return fromBytes(writeDataset(dataset, { transferSyntaxUid }));
  },
};
