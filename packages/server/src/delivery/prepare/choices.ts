import { canTranscode, UID, uidName } from '@photopeak/dicom';
import type { ImageDestination } from '../../config/index.ts';
import type { DeliveryItem } from '../sender.ts';

/** What a destination takes and in which form. */
export type Choices = Pick<
  ImageDestination,
  | 'sopClasses'
  | 'kinds'
  | 'transferSyntaxes'
  | 'otherSyntaxes'
  | 'characterSet'
  | 'segmentations'
  | 'deidentify'
>;

/** Nothing has to be looked at or changed. */
export function takesEverything(choices: Choices): boolean {
  return (
    choices.sopClasses.length === 0 &&
    choices.kinds.length === 0 &&
    choices.transferSyntaxes.length === 0 &&
    choices.characterSet === 'keep' &&
    choices.segmentations === 'as-is' &&
    choices.deidentify === undefined
  );
}

const SEGMENTATIONS: ReadonlySet<string> = new Set([
  UID.SegmentationStorage,
  '1.2.840.10008.5.1.4.1.1.66.7',
  UID.RTStructureSetStorage,
]);

function kindOf(sopClassUid: string): ImageDestination['kinds'][number] {
  if (SEGMENTATIONS.has(sopClassUid)) return 'segmentation';
  if (sopClassUid.startsWith('1.2.840.10008.5.1.4.1.1.88.')) return 'report';
  return /Image Storage/.test(uidName(sopClassUid) ?? '') ? 'image' : 'other';
}

/** Why a destination does not take an object; undefined where it does. */
export function unwanted(item: DeliveryItem, choices: Choices): string | undefined {
  const { sopClassUid } = item;
  if (choices.sopClasses.length > 0 && !choices.sopClasses.includes(sopClassUid)) {
    return `the destination does not take ${uidName(sopClassUid) ?? sopClassUid}`;
  }
  const kind = kindOf(sopClassUid);
  if (choices.kinds.length > 0 && !choices.kinds.includes(kind)) return `the destination takes no ${kind}`;
  return undefined;
}

/** The transfer syntax to send in: as it is, another that the destination takes, or none. */
export function syntaxFor(found: string, { transferSyntaxes, otherSyntaxes }: Choices): string | undefined {
  if (transferSyntaxes.length === 0 || transferSyntaxes.includes(found)) return found;
  if (otherSyntaxes === 'refuse') return undefined;
  return transferSyntaxes.find((syntax) => canTranscode(found, syntax));
}
