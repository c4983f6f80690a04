import type { Mask, Volume } from '@photopeak/imaging';
import { type Code, colourOf, propertyType, type Rgb, rgbToCieLab, sct } from '../../codes/index.ts';
import { Dataset } from '../../data/index.ts';
import { type Algorithm, algorithmItem, codeItem, codeItems, limitLo, objectError } from '../common/index.ts';

/** Segment Algorithm Type (0062,0008). What a reader has edited becomes SEMIAUTOMATIC. */
export type SegmentAlgorithmType = 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL';

/** What one segment shows: PS3.3 Table C.8.20-4. */
export interface SegmentDescription {
  readonly label: string;
  readonly description?: string;
  /** Segmented property type, e.g. `sct.neoplasm`. */
  readonly type: Code;
  /** Segmented property category; default from the type. */
  readonly category?: Code;
  /** Modifiers of the type, such as the laterality of an organ. */
  readonly typeModifiers?: readonly Code[];
  /** Where an abnormal structure lies, e.g. `sct.lung`, with its modifiers. */
  readonly anatomicRegion?: Code;
  readonly anatomicRegionModifiers?: readonly Code[];
  readonly algorithmType: SegmentAlgorithmType;
  /** Needed unless the algorithm type is MANUAL. */
  readonly algorithm?: Algorithm;
  /** Both or none; the same as in the measurement report and across time points. */
  readonly trackingId?: string;
  readonly trackingUid?: string;
  /** Default: the customary colour of the type. */
  readonly colour?: Rgb;
}

/** The voxels of the segments, in the order of the segments. */
export type SegmentPixels =
  | {
      readonly kind: 'labels';
      /** Segment n (from 1) is where the value is n, or `values[n - 1]` if given. 0 is background. */
      readonly labels: Volume;
      readonly values?: readonly number[];
    }
  | {
      readonly kind: 'masks';
      /** One per segment, all on one grid; they may overlap and may be empty. */
      readonly masks: readonly Mask[];
    };

/** Item of Segment Sequence (0062,0002). */
export function segmentItem(number: number, segment: SegmentDescription): Dataset {
  const { algorithm } = segment;
  if (segment.algorithmType !== 'MANUAL' && algorithm === undefined) {
    throw objectError('OBJECT_INPUT_INVALID', 'A segment that is not drawn by hand needs its algorithm', {
      where: `segment ${number}`,
    });
  }
  if ((segment.trackingId === undefined) !== (segment.trackingUid === undefined)) {
    throw objectError('OBJECT_INPUT_INVALID', 'Tracking ID and Tracking UID belong together', {
      where: `segment ${number}`,
    });
  }
  const category = segment.category ?? propertyType(segment.type)?.category ?? sct.tissue;
  const type = codeItem(segment.type);
  const region = segment.anatomicRegion === undefined ? undefined : codeItem(segment.anatomicRegion);
  if (segment.typeModifiers !== undefined && segment.typeModifiers.length > 0) {
    type.set('SegmentedPropertyTypeModifierCodeSequence', codeItems(segment.typeModifiers));
  }
  if (region !== undefined && (segment.anatomicRegionModifiers?.length ?? 0) > 0) {
    region.set('AnatomicRegionModifierSequence', codeItems(segment.anatomicRegionModifiers!));
  }
  return Dataset.of({
    SegmentNumber: number,
    SegmentLabel: limitLo(segment.label),
    SegmentDescription: segment.description,
    SegmentAlgorithmType: segment.algorithmType,
    SegmentAlgorithmName: algorithm === undefined ? undefined : limitLo(algorithm.name),
    SegmentationAlgorithmIdentificationSequence:
      algorithm === undefined ? undefined : algorithmItem(algorithm),
    SegmentedPropertyCategoryCodeSequence: codeItem(category),
    SegmentedPropertyTypeCodeSequence: type,
    AnatomicRegionSequence: region,
    TrackingID: segment.trackingId,
    TrackingUID: segment.trackingUid,
    RecommendedDisplayCIELabValue: rgbToCieLab(segment.colour ?? colourOf(segment.type)),
  });
}
