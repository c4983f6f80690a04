import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  Dataset,
  deidentifyPart10,
  type ParsedFile,
  parsePart10,
  readFilePart10,
  transcodePart10,
  writePart10,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { type Archive, isNoSpace } from '../../archive/index.ts';
import type { Database } from '../../database/index.ts';
import type { DeliveryItem, DeliveryOutcome, Sender } from '../sender.ts';
import { type Choices, syntaxFor, takesEverything, unwanted } from './choices.ts';
import { type RecordedPseudonyms, recordPseudonyms } from './pseudonym-record.ts';
import { createSegmentationForm, type SegmentationForm } from './segmentations.ts';

/** Instances that are prepared, sent and removed together: their copies lie on the disk meanwhile. */
const BATCH = 32;

/**
 * A sender that gives a destination what it takes, in the form that it takes: other objects are left out, others
 * transcoded or de-identified in a temporary copy. What needs no change is sent from the archive as it is.
 */
export function prepareFor(
  sender: Sender,
  options: {
    readonly destination: string;
    readonly choices: Choices;
    readonly db: Database;
    readonly archive: Archive;
    /** For copies; emptied as they are sent. */
    readonly folder: string;
  },
): Sender {
  const { choices, db, destination } = options;
  if (takesEverything(choices)) return sender;
  return {
    check: (signal) => sender.check(signal),
    async *send(items, signal) {
      const { deidentify, segmentations: encoding } = choices;
      const segmentations =
        encoding === 'as-is'
          ? undefined
          : createSegmentationForm({ db, archive: options.archive, destination, encoding });
      const record = deidentify === undefined ? undefined : recordPseudonyms(db, destination, deidentify.key);
      for (let from = 0; from < items.length; from += BATCH) {
        const folder = path.join(options.folder, randomUUID());
        const ready = new Map<DeliveryItem, DeliveryItem>();
        try {
          await mkdir(folder, { recursive: true, mode: 0o700 });
          for (const item of items.slice(from, from + BATCH)) {
            const outcome = await prepare(
              item,
              { choices, record, segmentations },
              path.join(folder, `${ready.size}.dcm`),
            );
            if ('result' in outcome) yield outcome;
            else ready.set(outcome, item);
          }
          if (ready.size === 0) continue;
          for await (const outcome of sender.send([...ready.keys()], signal)) {
            yield { ...outcome, item: ready.get(outcome.item) ?? outcome.item, sent: outcome.item };
          }
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }
    },
  };
}

interface Preparation {
  readonly choices: Choices;
  readonly record: RecordedPseudonyms | undefined;
  readonly segmentations: SegmentationForm | undefined;
}

async function prepare(
  item: DeliveryItem,
  preparation: Preparation,
  copy: string,
): Promise<DeliveryItem | DeliveryOutcome> {
  try {
    const formed = await preparation.segmentations?.form(item);
    const sopClassUid = formed?.dataset.text('SOPClassUID') ?? item.sopClassUid;
    const text = unwanted({ ...item, sopClassUid }, preparation.choices);
    if (text !== undefined) return { item, result: 'unwanted', text };
    return await changed(item, formed, preparation, copy);
  } catch (error) {
    if (isNoSpace(error)) {
      // The copies before this one are sent and removed: what does not fit beside them has its turn later.
      await rm(copy, { force: true });
      const { code, message } = noSpace();
      return { item, result: 'refused', status: code, isTransient: true, text: message };
    }
    if (!(error instanceof PhotopeakError)) throw error;
    return { item, result: 'refused', status: error.code, isTransient: false, text: error.message };
  }
}

function noSpace(): PhotopeakError {
  return new PhotopeakError('there is no space for the copy that a destination gets', {
    code: 'DELIVERY_NO_SPACE',
    remedy: 'make space where outgoing/ of the data folder lies; the delivery is tried again by itself',
  });
}

async function changed(
  item: DeliveryItem,
  formed: Pick<ParsedFile, 'dataset' | 'transferSyntaxUid'> | undefined,
  { choices, record }: Preparation,
  copy: string,
): Promise<DeliveryItem | DeliveryOutcome> {
  const recodes = choices.characterSet === 'utf-8';
  if (
    formed === undefined &&
    record === undefined &&
    !recodes &&
    syntaxFor(item.transferSyntaxUid, choices) === item.transferSyntaxUid
  )
    return item;
  let file: Pick<ParsedFile, 'dataset' | 'transferSyntaxUid'> = formed ?? readFilePart10(item.file);
  let bytes = formed === undefined ? undefined : writePart10(formed);
  if (record !== undefined && choices.deidentify !== undefined) {
    const { options, regions, safePrivate } = choices.deidentify;
    const original = file.dataset;
    const left = await deidentifyPart10(
      bytes === undefined ? (file as ParsedFile) : parsePart10(bytes),
      { options },
      { pseudonyms: record.pseudonyms, regions: regions.map(defined), safePrivate },
    );
    await record.keep(original, options.includes('retain-modified-dates'), options.includes('retain-uids'));
    file = left;
    bytes = left.bytes;
  }
  if (recodes) {
    file = { ...file, dataset: inUtf8(file.dataset) };
    bytes = writePart10(file);
  }
  const syntax = syntaxFor(file.transferSyntaxUid, choices);
  if (syntax === undefined) {
    const text = 'the destination takes none of the transfer syntaxes that this object can be given in';
    return { item, result: 'refused', status: 'DELIVERY_SYNTAX_NOT_TAKEN', isTransient: false, text };
  }
  if (syntax !== file.transferSyntaxUid || bytes === undefined) {
    bytes = await transcodePart10(bytes === undefined ? file : parsePart10(bytes), syntax);
  }
  await writeFile(copy, bytes, { mode: 0o600 });
  return {
    file: copy,
    sopClassUid: file.dataset.text('SOPClassUID') ?? item.sopClassUid,
    sopInstanceUid: file.dataset.text('SOPInstanceUID') ?? item.sopInstanceUid,
    studyInstanceUid: file.dataset.text('StudyInstanceUID') ?? item.studyInstanceUid,
    transferSyntaxUid: syntax,
  };
}

function inUtf8(dataset: Dataset): Dataset {
  const copy = new Dataset();
  for (const element of dataset) copy.setElement(element);
  return copy.set('SpecificCharacterSet', 'ISO_IR 192');
}

/** Settings that are left out are absent, not undefined. */
function defined<T extends object>(settings: T) {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
