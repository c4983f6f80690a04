import { Dataset } from '../../data/index.ts';
import { frameRescale } from '../../series/index.ts';
import type { Rescale, StoredRange } from './scale.ts';

/** The transformation of a frame by which its values were read. */
export const rescaleOfFrame = (own: Dataset | undefined, shared: Dataset | undefined): Rescale => {
  const { rescaleSlope, rescaleIntercept } = frameRescale(own, shared);
  return { slope: rescaleSlope, intercept: rescaleIntercept };
};

/** Digits of a decimal string (DS, at most 16 characters) that hold any slope. */
const DS_DIGITS = 9;

/**
 * Pixel Value Transformation and Real World Value Mapping (PS3.3 C.7.6.16.2.9, C.7.6.16.2.11) of a frame whose stored
 * values have another scale than before, with the same values behind them. Tables of single stored values fall away.
 */
export function rescaleFrame(
  frame: Dataset,
  { transformation, mappings }: FrameScale,
  from: Rescale,
  to: Rescale,
  range: StoredRange,
): void {
  // old = c · new + d
  const c = to.slope / from.slope;
  const d = (to.intercept - from.intercept) / from.slope;
  const moved = (slope: number, intercept: number): Rescale =>
    slope === from.slope && intercept === from.intercept
      ? to
      : { slope: slope * c, intercept: slope * d + intercept };
  const linear = mappings.filter((item) => item.number('RealWorldValueSlope') !== undefined);
  if (transformation !== undefined || linear.length === 0) {
    const { slope, intercept } = moved(
      transformation?.number('RescaleSlope') ?? 1,
      transformation?.number('RescaleIntercept') ?? 0,
    );
    const item = copyOf(transformation ?? Dataset.of({ RescaleType: 'US' }));
    item.set('RescaleSlope', Number(slope.toPrecision(DS_DIGITS)));
    item.set('RescaleIntercept', Number(intercept.toPrecision(DS_DIGITS)));
    frame.set('PixelValueTransformationSequence', item);
  }
  if (linear.length === 0) return;
  frame.set(
    'RealWorldValueMappingSequence',
    linear.map((mapping) => {
      const { slope, intercept } = moved(
        mapping.number('RealWorldValueSlope')!,
        mapping.number('RealWorldValueIntercept') ?? 0,
      );
      const item = copyOf(mapping);
      item.set('RealWorldValueSlope', slope).set('RealWorldValueIntercept', intercept);
      item.set('RealWorldValueFirstValueMapped', range.low, range.low < 0 ? 'SS' : 'US');
      item.set('RealWorldValueLastValueMapped', range.high, range.low < 0 ? 'SS' : 'US');
      return item;
    }),
  );
}

/** The functional groups that say what the stored values of a frame mean. */
export interface FrameScale {
  readonly transformation: Dataset | undefined;
  readonly mappings: readonly Dataset[];
}

export const scaleOfFrame = (own: Dataset | undefined, shared: Dataset | undefined): FrameScale => ({
  transformation:
    own?.item('PixelValueTransformationSequence') ?? shared?.item('PixelValueTransformationSequence'),
  mappings:
    (own?.has('RealWorldValueMappingSequence') === true ? own : shared)?.items(
      'RealWorldValueMappingSequence',
    ) ?? [],
});

export function copyOf(source: Dataset): Dataset {
  const copy = new Dataset();
  for (const element of source) copy.setElement(element);
  return copy;
}
