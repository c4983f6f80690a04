import type { Dataset } from '../../data/index.ts';
import { repairAttributes } from './repair.ts';

/** Defined terms of Body Part Examined (PS3.16 Annex L) for parts that exist once. */
const unpaired = new Set(
  `ABDOMEN ABDOMENPELVIS AORTA BACK BLADDER BRAIN CEREBELLUM CERVIX CHEST CHESTABDOMEN CHESTABDPELVIS CIRCLEOFWILLIS
  COCCYX COLON CORONARYARTERY CSPINE CTSPINE DUODENUM ESOPHAGUS FACE GALLBLADDER HEAD HEADNECK HEART ILEUM ILIUM JAW
  JEJUNUM LARYNX LIVER LSPINE LSSPINE MAXILLA MEDIASTINUM MOUTH NECK NECKCHEST NECKCHESTABDOMEN NECKCHESTABDPELV NOSE
  PANCREAS PELVIS PENIS PHARYNX PROSTATE RECTUM SCALP SKULL SPINE SPLEEN SSPINE STERNUM STOMACH THYMUS THYROID TLSPINE
  TONGUE TRACHEA TSPINE URETER URETHRA UTERUS VAGINA VULVA WHOLEBODY`.split(/\s+/),
);

const lateralities = ['R', 'L'];

/**
 * Laterality (0020,0060) of an image, General Series (PS3.3 C.7.3.1), type 2C: absent for a part that exists once;
 * else its value, or empty where nobody knows it, as for sources without a body part.
 */
export function settleLaterality(object: Dataset): void {
  const part = object.text('BodyPartExamined');
  if (part === undefined) object.delete('BodyPartExamined');
  const laterality = object.text('Laterality');
  if (laterality !== undefined && lateralities.includes(laterality)) return;
  const isElsewhere = object.text('ImageLaterality') !== undefined;
  if (isElsewhere || (part !== undefined && unpaired.has(part))) object.delete('Laterality');
  else object.set('Laterality', null);
}

/** The body part of the source, in the form of a code string, with its laterality. */
export function addBodyPart(object: Dataset, source: Dataset): void {
  object.copyFrom(source, ['BodyPartExamined', 'Laterality']);
  repairAttributes(object);
  settleLaterality(object);
}

/** The body part of the source for an object whose parts have their own laterality, such as a segmentation. */
export function addBodyPartWithoutLaterality(object: Dataset, source: Dataset): void {
  object.copyFrom(source, ['BodyPartExamined']);
  repairAttributes(object);
  if (object.text('BodyPartExamined') === undefined) object.delete('BodyPartExamined');
}
