import { deflateRawSync } from 'node:zlib';
import { Dataset, UID } from '../data/index.ts';
import { dicomError } from '../errors/index.ts';
import { implementationClassUid, implementationVersionName } from '../uid/index.ts';
import { Chunks } from './chunks.ts';
import { type Encoding, encodeDataset, needsUtf8 } from './encode.ts';

export interface WriteOptions {
  /** Default: Explicit VR Little Endian. Compressed syntaxes need pixel data that is already encapsulated. */
  readonly transferSyntaxUid?: string;
  /** Default `explicit`. Both are valid everywhere; delimiters suit streaming readers. */
  readonly sequenceLengths?: 'explicit' | 'undefined';
}

export interface Part10Contents extends WriteOptions {
  readonly dataset: Dataset;
  /** Default: SOP Class UID (0008,0016) of the data set. */
  readonly sopClassUid?: string;
  /** Default: SOP Instance UID (0008,0018) of the data set. */
  readonly sopInstanceUid?: string;
  /** AE title of the source, (0002,0016). */
  readonly sourceAeTitle?: string;
}

/**
 * The bytes of a data set. Text that the declared character set cannot hold, or that comes from another one, turns
 * the whole data set into UTF-8 (ISO_IR 192), which is also the default. Group lengths are not written.
 */
export function writeDataset(dataset: Dataset, options: WriteOptions = {}): Uint8Array {
  return encodedDataset(dataset, options).join();
}

function encodedDataset(dataset: Dataset, options: WriteOptions): Chunks {
  const syntax = options.transferSyntaxUid ?? UID.ExplicitVRLittleEndian;
  const unicode = needsUtf8(dataset);
  const encoding: Encoding = {
    explicit: syntax !== UID.ImplicitVRLittleEndian,
    littleEndian: syntax !== UID.ExplicitVRBigEndian,
    sequenceLengths: options.sequenceLengths ?? 'explicit',
    text: unicode ? 'utf-8' : 'as-read',
  };
  const source = unicode ? withUtf8(dataset) : dataset;
  const encoded = encodeDataset(source, encoding);
  return syntax === UID.DeflatedExplicitVRLittleEndian ? deflated(encoded) : encoded;
}

function withUtf8(dataset: Dataset): Dataset {
  const copy = new Dataset();
  for (const element of dataset) copy.setElement(element);
  return copy.set('SpecificCharacterSet', 'ISO_IR 192');
}

function deflated(encoded: Chunks): Chunks {
  const raw = deflateRawSync(encoded.join());
  const out = new Chunks();
  out.bytes(raw);
  if (raw.length % 2 === 1) out.uint8(0);
  return out;
}

const PREAMBLE_LENGTH = 128;
const EXPLICIT_LITTLE: Encoding = {
  explicit: true,
  littleEndian: true,
  sequenceLengths: 'explicit',
  text: 'as-read',
};

/** Characters and length only: objects of others have components with leading zeros, and keep their identity. */
const UID_CHARACTERS = /^[0-9.]{1,64}$/;

function required(value: string | undefined, name: string): string {
  if (value === undefined || !UID_CHARACTERS.test(value)) {
    throw dicomError('DICOM_MISSING_ATTRIBUTE', `${name} is absent or not a UID`, {
      where: name,
      expected: 'a UID of at most 64 characters',
      ...(value === undefined ? {} : { found: value.slice(0, 80) }),
    });
  }
  return value;
}

/** A DICOM file, PS3.10 section 7: preamble, file meta information, data set. */
export function writePart10(contents: Part10Contents): Uint8Array {
  const { dataset } = contents;
  const transferSyntaxUid = contents.transferSyntaxUid ?? UID.ExplicitVRLittleEndian;
  const meta = Dataset.of({
    FileMetaInformationVersion: Uint8Array.of(0, 1),
    MediaStorageSOPClassUID: required(contents.sopClassUid ?? dataset.text('SOPClassUID'), 'SOPClassUID'),
    MediaStorageSOPInstanceUID: required(
      contents.sopInstanceUid ?? dataset.text('SOPInstanceUID'),
      'SOPInstanceUID',
    ),
    TransferSyntaxUID: transferSyntaxUid,
    ImplementationClassUID: implementationClassUid,
    ImplementationVersionName: implementationVersionName,
    SourceApplicationEntityTitle: contents.sourceAeTitle,
  });
  const metaBytes = encodeDataset(meta, EXPLICIT_LITTLE).join();
  const out = new Chunks();
  out.bytes(new Uint8Array(PREAMBLE_LENGTH));
  out.bytes(new TextEncoder().encode('DICM'));
  out.append(
    encodeDataset(new Dataset().set('FileMetaInformationGroupLength', metaBytes.length), EXPLICIT_LITTLE),
  );
  out.bytes(metaBytes);
  out.append(encodedDataset(dataset, { ...contents, transferSyntaxUid }));
  return out.join();
}
