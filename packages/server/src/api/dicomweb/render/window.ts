import type { Dataset } from '@photopeak/dicom';

/** A window of VOI LUT Function, PS3.3 C.11.2.1. */
export interface Window {
  readonly center: number;
  readonly width: number;
  readonly shape: 'linear' | 'linear-exact' | 'sigmoid';
}

/** How stored values of a frame become grey: rescaled, then windowed, perhaps inverted. */
export interface GreyScale {
  readonly slope: number;
  readonly intercept: number;
  readonly window: Window | undefined;
  readonly inverted: boolean;
  /** Stored value of what is no image; not counted when the window is found from the values. */
  readonly padding: number | undefined;
}

/** Functional groups of a frame first, then shared ones, then the data set itself. */
function placesOf(dataset: Dataset, frame: number): Dataset[] {
  const groups = [
    dataset.items('PerFrameFunctionalGroupsSequence')[frame - 1],
    dataset.item('SharedFunctionalGroupsSequence'),
  ].filter((group): group is Dataset => group !== undefined);
  return [
    ...groups.flatMap((group) => [
      ...group.items('PixelValueTransformationSequence').slice(0, 1),
      ...group.items('FrameVOILUTSequence').slice(0, 1),
    ]),
    dataset,
  ];
}

export function greyScaleOf(dataset: Dataset, frame: number, asked: Window | undefined): GreyScale {
  const places = placesOf(dataset, frame);
  const first = (key: 'RescaleSlope' | 'RescaleIntercept') =>
    places.map((place) => place.number(key)).find((value) => value !== undefined);
  const slope = first('RescaleSlope');
  const inverse = dataset.text('PresentationLUTShape') === 'INVERSE';
  return {
    slope: slope === undefined || slope === 0 ? 1 : slope,
    intercept: first('RescaleIntercept') ?? 0,
    window: asked ?? storedWindow(places),
    inverted: (dataset.text('PhotometricInterpretation') === 'MONOCHROME1') !== inverse,
    padding: dataset.number('PixelPaddingValue'),
  };
}

const SHAPES: Readonly<Record<string, Window['shape']>> = {
  LINEAR: 'linear',
  LINEAR_EXACT: 'linear-exact',
  SIGMOID: 'sigmoid',
};

export function windowShape(name: string): Window['shape'] | undefined {
  return SHAPES[name.toUpperCase().replace('-', '_')];
}

function storedWindow(places: readonly Dataset[]): Window | undefined {
  for (const place of places) {
    const center = place.number('WindowCenter');
    const width = place.number('WindowWidth');
    if (center === undefined || width === undefined || !(width > 0)) continue;
    return { center, width, shape: windowShape(place.text('VOILUTFunction') ?? '') ?? 'linear' };
  }
  return undefined;
}

/** The window that shows every value. */
export function fullWindow(values: Float32Array, padding: number | undefined): Window {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === padding || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return { center: 0, width: 1, shape: 'linear-exact' };
  return { center: (low + high) / 2, width: Math.max(high - low, Number.MIN_VALUE), shape: 'linear-exact' };
}

/** Values to grey 0–255, PS3.3 C.11.2.1.2 and C.11.2.1.3. */
export function applyWindow(values: Float32Array, window: Window, inverted: boolean): Uint8Array {
  const { center, width, shape } = window;
  const out = new Uint8Array(values.length);
  const linear = shape === 'linear' && width > 1;
  const low = linear ? center - 0.5 - (width - 1) / 2 : center - width / 2;
  const span = linear ? width - 1 : width;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const share =
      shape === 'sigmoid'
        ? 1 / (1 + Math.exp((-4 * (value - center)) / width))
        : Math.min(1, Math.max(0, (value - low) / span));
    const grey = Math.round((Number.isNaN(share) ? 0 : share) * 255);
    out[index] = inverted ? 255 - grey : grey;
  }
  return out;
}
