import type { Grid, Volume } from '@photopeak/imaging';
import { Dataset } from '../../data/index.ts';
import { uidFrom } from '../../uid/index.ts';
import {
  addContentDateTime,
  addEquipment,
  addSeries,
  addSopCommon,
  completePatientAndStudy,
  declareCodingSchemes,
  type InstanceReference,
  repairAttributes,
  type SeriesContext,
  settleLaterality,
} from '../common/index.ts';
import { inheritAttributes, removeContradictions } from './attributes.ts';
import { addDerivation, type Derivation } from './derivation.ts';
import type { Rescale } from './scale.ts';

export interface DerivedSeriesInput extends Derivation {
  readonly context: SeriesContext;
  /** The source series: one header per slice of `grid`, or the only header of a multi-frame instance. */
  readonly source: {
    readonly grid: Grid;
    readonly headers: readonly Dataset[];
    /** Multi-frame: the 1-based frame of each slice of the grid. Default: ascending, of several instances the first. */
    readonly frames?: readonly number[];
  };
  /** The new values in the unit that the source's rescale gives (HU, Bq/ml, …), on the source's grid or another. */
  readonly volume: Volume;
  /**
   * Header of the images that the volume was resampled onto, when these lie in another frame of reference than the
   * source: the result lies in theirs.
   */
  readonly target?: Dataset;
  /** Instance Number of the first instance, where a series is written in parts. Default 1. */
  readonly firstNumber?: number;
  /** `keep` (default): the source's rescale, as long as the values fit. `spread`: use the whole stored range. */
  readonly scale?: 'keep' | 'spread';
}

export type Kind = 'CT' | 'MR' | 'PT' | 'NM';

/** What was decided of an instance. */
export interface InstancePlan {
  readonly kind: Kind;
  readonly isResampled: boolean;
  readonly bitsStored: number;
}

/** Image Type, PS3.3 C.7.6.1.1.2: PET and NM know only PRIMARY as value 2 (C.8.9.4.1.1, C.8.4.9.1.1). */
export function imageType(kind: Kind, source: Dataset): readonly string[] {
  const rest = source.texts('ImageType').slice(2);
  const value2 = kind === 'PT' || kind === 'NM' ? 'PRIMARY' : 'SECONDARY';
  const value3: Partial<Record<Kind, string>> = { CT: 'AXIAL', MR: 'OTHER' };
  const fallback = value3[kind];
  return ['DERIVED', value2, ...(rest.length === 0 && fallback !== undefined ? [fallback] : rest)];
}

/** What is the same for every kind: identity, equipment, derivation, pixels' description. */
export function startInstance(
  input: DerivedSeriesInput,
  plan: InstancePlan,
  header: Dataset,
  number: number,
  sources: readonly InstanceReference[],
): Dataset {
  const { context } = input;
  const object = new Dataset();
  inheritAttributes(object, header);
  const keepsTimes = plan.kind === 'PT' || plan.kind === 'NM';
  addSeries(object, context, plan.kind);
  // The series date-time is the reference of all times of a PET image (C.8.9.1.1.2): it stays.
  if (keepsTimes) object.copyFrom(header, ['SeriesDate', 'SeriesTime']);
  addEquipment(object, context);
  addSopCommon(
    object,
    { ...context, source: header },
    header.text('SOPClassUID') ?? '',
    uidFrom(context.seriesInstanceUid, 'derived instance', String(number)),
  );
  addContentDateTime(object, context);
  object.set('InstanceNumber', number);
  object.set('ImageType', imageType(plan.kind, header));
  if (input.target !== undefined) {
    object.set('PositionReferenceIndicator', null);
    object.copyFrom(input.target, ['FrameOfReferenceUID', 'PositionReferenceIndicator']);
  }
  addDerivation(object, input, sources, !plan.isResampled);
  object.set('BitsAllocated', 16);
  object.set('BitsStored', plan.bitsStored);
  object.set('HighBit', plan.bitsStored - 1);
  return object;
}

export function rescaleOf(header: Dataset): Rescale {
  return { slope: header.number('RescaleSlope') ?? 1, intercept: header.number('RescaleIntercept') ?? 0 };
}

export function finish(object: Dataset, input: DerivedSeriesInput): void {
  completePatientAndStudy(object);
  removeContradictions(object);
  repairAttributes(object);
  settleLaterality(object);
  declareCodingSchemes(object, input.context.equipment.manufacturer);
}
