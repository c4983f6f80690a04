import { closeSync, openSync, readSync } from 'node:fs';
import {
  type Dataset,
  type DicomJsonElement,
  type HeaderFile,
  readFileHeader,
  toDicomJson,
  UID,
} from '@photopeak/dicom';

/** Stands for the address of the instance in BulkDataURI; a quote cannot come before it inside a JSON text. */
const PLACE = '@/';
const STORED_URI = /"BulkDataURI":"@\//g;

/** What the node keeps ready of an instance besides the index. */
export interface InstanceMetadata {
  /** DICOM JSON with `@/` for the address of the instance. */
  readonly json: string;
  readonly procedure: SeriesProcedure;
}

/** Of PS3.18 Table 10.6.1-5, what a series can be found by. */
export interface SeriesProcedure {
  readonly performedDate: string;
  readonly performedTime: string;
  readonly requests: readonly {
    readonly requestedProcedureId: string;
    readonly scheduledProcedureStepId: string;
  }[];
}

/** Reads what is before the pixel data; the pixel data itself is named and not read. */
export function describeInstance(file: string): InstanceMetadata {
  const header = readFileHeader(file);
  const { dataset } = header;
  const json = toDicomJson(dataset, { bulkDataUri: (path) => `${PLACE}${path}` });
  const pixels = pixelElement(header);
  if (pixels !== undefined) json[pixels.tag] = pixels.element;
  json['00083002'] = { vr: 'UI', Value: [header.transferSyntaxUid] };
  return { json: JSON.stringify(json), procedure: procedureOf(dataset) };
}

/** Puts the address of an instance into its metadata. */
export function addressed(json: string, instanceUrl: string): string {
  return json.replaceAll(STORED_URI, `"BulkDataURI":"${instanceUrl}/bulkdata/`);
}

const PIXEL_VRS: Readonly<Record<string, string>> = { '7FE00008': 'OF', '7FE00009': 'OD' };
const NOT_COMPRESSED: ReadonlySet<string> = new Set([
  UID.ImplicitVRLittleEndian,
  UID.ExplicitVRLittleEndian,
  UID.ExplicitVRBigEndian,
  UID.DeflatedExplicitVRLittleEndian,
]);

function pixelElement(header: HeaderFile): { tag: string; element: DicomJsonElement } | undefined {
  const { dataset, transferSyntaxUid } = header;
  if (transferSyntaxUid !== UID.DeflatedExplicitVRLittleEndian && header.end >= header.fileBytes)
    return undefined;
  if (dataset.number('Rows') === undefined) return undefined;
  const tag = floatTagAt(header) ?? '7FE00010';
  const native = NOT_COMPRESSED.has(transferSyntaxUid);
  const vr = PIXEL_VRS[tag] ?? (native && (dataset.number('BitsAllocated') ?? 16) > 8 ? 'OW' : 'OB');
  return { tag, element: { vr, BulkDataURI: `${PLACE}${tag}` } };
}

/** Float and double pixel data are told by the tag at which reading stopped. */
function floatTagAt(header: HeaderFile): string | undefined {
  if (header.transferSyntaxUid === UID.DeflatedExplicitVRLittleEndian) return undefined;
  const descriptor = openSync(header.path, 'r');
  try {
    const bytes = Buffer.alloc(4);
    if (readSync(descriptor, bytes, 0, 4, header.end) < 4) return undefined;
    const isFloat = bytes[0] === 0xe0 && bytes[1] === 0x7f && (bytes[2] === 8 || bytes[2] === 9);
    return isFloat ? `7FE0000${bytes[2]}` : undefined;
  } finally {
    closeSync(descriptor);
  }
}

const LONGEST = 64;
const MOST_REQUESTS = 32;

function procedureOf(dataset: Dataset): SeriesProcedure {
  const text = (source: Dataset, key: Parameters<Dataset['text']>[0]) =>
    (source.text(key) ?? '').replaceAll(/\p{Cc}/gu, '').slice(0, LONGEST);
  return {
    performedDate: text(dataset, 'PerformedProcedureStepStartDate'),
    performedTime: text(dataset, 'PerformedProcedureStepStartTime'),
    requests: dataset
      .items('RequestAttributesSequence')
      .slice(0, MOST_REQUESTS)
      .map((item) => ({
        requestedProcedureId: text(item, 'RequestedProcedureID'),
        scheduledProcedureStepId: text(item, 'ScheduledProcedureStepID'),
      })),
  };
}
