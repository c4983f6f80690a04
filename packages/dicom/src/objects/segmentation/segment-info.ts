import { type CieLab16, type Code, cieLabToRgb, type Rgb } from '../../codes/index.ts';
import type { Dataset } from '../../data/index.ts';
import { readCode, readCodes } from '../common/index.ts';

/** What an object says about one of its segments. */
export interface SegmentInfo {
  readonly number: number;
  readonly label: string;
  readonly description?: string;
  readonly category?: Code;
  readonly type?: Code;
  readonly typeModifiers: readonly Code[];
  readonly anatomicRegion?: Code;
  readonly anatomicRegionModifiers: readonly Code[];
  readonly algorithmType?: string;
  readonly algorithmName?: string;
  readonly algorithmVersion?: string;
  readonly trackingId?: string;
  readonly trackingUid?: string;
  readonly colour?: Rgb;
}

function defined<T extends object>(values: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

export function readSegmentInfo(item: Dataset): SegmentInfo {
  const type = item.item('SegmentedPropertyTypeCodeSequence');
  const region = item.item('AnatomicRegionSequence');
  const algorithm = item.item('SegmentationAlgorithmIdentificationSequence');
  const lab = item.numbers('RecommendedDisplayCIELabValue');
  return defined<SegmentInfo>({
    number: item.number('SegmentNumber') ?? 0,
    label: item.text('SegmentLabel') ?? '',
    description: item.text('SegmentDescription'),
    category: readCode(item, 'SegmentedPropertyCategoryCodeSequence'),
    type: readCode(item, 'SegmentedPropertyTypeCodeSequence'),
    typeModifiers: type === undefined ? [] : readCodes(type, 'SegmentedPropertyTypeModifierCodeSequence'),
    anatomicRegion: readCode(item, 'AnatomicRegionSequence'),
    anatomicRegionModifiers: region === undefined ? [] : readCodes(region, 'AnatomicRegionModifierSequence'),
    algorithmType: item.text('SegmentAlgorithmType'),
    algorithmName: item.text('SegmentAlgorithmName') ?? algorithm?.text('AlgorithmName'),
    algorithmVersion: algorithm?.text('AlgorithmVersion'),
    trackingId: item.text('TrackingID'),
    trackingUid: item.text('TrackingUID'),
    colour: lab.length === 3 ? cieLabToRgb(lab as unknown as CieLab16) : undefined,
  });
}
