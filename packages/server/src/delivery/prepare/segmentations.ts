import {
  changeReferences,
  convertSegmentation,
  type Dataset,
  LABEL_MAP_SEGMENTATION,
  type ParsedFile,
  type ReferenceChange,
  readFilePart10,
  referencedInstances,
  type SegmentationEncoding,
  segmentationEncoding,
  UID,
  uidFrom,
} from '@photopeak/dicom';
import type { Archive } from '../../archive/index.ts';
import type { Database } from '../../database/index.ts';
import type { DeliveryItem } from '../sender.ts';

type File = Pick<ParsedFile, 'dataset' | 'transferSyntaxUid'>;

/** Objects refer to objects that refer to segmentations, as a signed report to the draft before it. */
const DEEPEST = 4;
/** Instances that are remembered while one batch is prepared; more are looked up again. */
const REMEMBERED = 256;

const SEGMENTATIONS = [UID.SegmentationStorage, LABEL_MAP_SEGMENTATION];

export interface SegmentationForm {
  /**
   * An object as this destination gets it: segmentations in the encoding that it takes, and whatever refers to one that
   * is other there, directly or through others, with references that hold there. Such objects have other content
   * than ours and so other SOP instance UIDs, always the same for the same object. Undefined: as it is.
   */
  form(item: DeliveryItem): Promise<File | undefined>;
}

export function createSegmentationForm(options: {
  readonly db: Database;
  readonly archive: Archive;
  readonly destination: string;
  readonly encoding: SegmentationEncoding;
}): SegmentationForm {
  const { db, archive, destination, encoding } = options;
  const changes = new Map<string, Promise<ReferenceChange | undefined>>();
  const newUid = (sopInstanceUid: string) => uidFrom(sopInstanceUid, 'with segmentations as', encoding);

  /** What the destination knows an instance as; undefined where that is its own name. */
  function changeOf(sopInstanceUid: string, depth: number): Promise<ReferenceChange | undefined> {
    const known = changes.get(sopInstanceUid);
    if (known !== undefined) return known;
    if (changes.size >= REMEMBERED) changes.clear();
    const found = findChange(sopInstanceUid, depth);
    changes.set(sopInstanceUid, found);
    return found;
  }

  async function findChange(sopInstanceUid: string, depth: number): Promise<ReferenceChange | undefined> {
    // What this node does not deliver there is there, if at all, as it was.
    const row = await db
      .selectFrom('outbox')
      .select(['sha256', 'sop_class_uid', 'study_instance_uid'])
      .where('destination', '=', destination)
      .where('sop_instance_uid', '=', sopInstanceUid)
      .executeTakeFirst();
    if (row === undefined || !(await hasSegmentations(row.study_instance_uid))) return undefined;
    const file = readFilePart10(archive.instances.pathOf(row.sha256));
    const formed = await inForm(file, depth);
    return formed?.change;
  }

  const ofStudy = new Map<string, Promise<boolean>>();
  function hasSegmentations(study: string): Promise<boolean> {
    const known = ofStudy.get(study);
    if (known !== undefined) return known;
    ofStudy.clear();
    const asked = db
      .selectFrom('outbox')
      .select('id')
      .where('destination', '=', destination)
      .where('study_instance_uid', '=', study)
      .where('sop_class_uid', 'in', SEGMENTATIONS)
      .limit(1)
      .executeTakeFirst()
      .then((row) => row !== undefined);
    ofStudy.set(study, asked);
    return asked;
  }

  async function inForm(
    file: File,
    depth: number,
  ): Promise<{ readonly file: File; readonly change: ReferenceChange } | undefined> {
    const original = file.dataset.text('SOPInstanceUID') ?? '';
    const found = segmentationEncoding(file.dataset);
    if (found !== undefined && found !== encoding) {
      const sopInstanceUid = newUid(original);
      const converted = await convertSegmentation(file, { encoding, sopInstanceUid });
      const dataset = await referring(converted.dataset, original, depth);
      return {
        file: { dataset: dataset ?? converted.dataset, transferSyntaxUid: UID.ExplicitVRLittleEndian },
        change: {
          sopClassUid: converted.dataset.text('SOPClassUID') ?? '',
          sopInstanceUid,
          segmentOf: converted.segmentOf,
          framesOf: converted.framesOf,
        },
      };
    }
    const dataset = await referring(file.dataset, original, depth);
    if (dataset === undefined) return undefined;
    const sopInstanceUid = newUid(original);
    dataset.set('SOPInstanceUID', sopInstanceUid);
    return {
      file: { dataset, transferSyntaxUid: file.transferSyntaxUid },
      change: { sopClassUid: dataset.text('SOPClassUID') ?? '', sopInstanceUid },
    };
  }

  /** With references as they hold at the destination; undefined where they hold already. */
  async function referring(dataset: Dataset, own: string, depth: number): Promise<Dataset | undefined> {
    if (depth >= DEEPEST) return undefined;
    const changed = new Map<string, ReferenceChange>();
    for (const uid of referencedInstances(dataset)) {
      const change = uid === own ? undefined : await changeOf(uid, depth + 1);
      if (change !== undefined) changed.set(uid, change);
    }
    return changed.size === 0 ? undefined : changeReferences(dataset, (uid) => changed.get(uid));
  }

  return {
    async form(item) {
      if (!(await hasSegmentations(item.studyInstanceUid))) return undefined;
      return (await inForm(readFilePart10(item.file), 0))?.file;
    },
  };
}
