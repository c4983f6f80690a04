import { PhotopeakError } from '@photopeak/imaging';

/** Views of counts with what the detector shows without light and without object; u fastest, then v, then the view. */
export interface Transmission {
  readonly detectorSize: readonly [number, number];
  readonly data: Float32Array;
  /** One or more views without radiation. */
  readonly dark?: Float32Array;
  /** One or more views without object. */
  readonly white: Float32Array;
}

/** Counts below this share of the open beam are taken for it: −ln of nothing has no value. */
const LEAST_TRANSMISSION = 1e-4;

/** The mean of some views, pixel by pixel. Throws `TOMOGRAPHY_DATA_LENGTH` unless they have the size of the detector. */
function meanView(views: Float32Array, pixels: number, name: string): Float64Array {
  if (views.length === 0 || views.length % pixels !== 0) {
    throw new PhotopeakError(`the ${name} field does not fit the detector`, {
      code: 'TOMOGRAPHY_DATA_LENGTH',
      expected: `a multiple of ${pixels} values`,
      found: `${views.length}`,
      remedy: 'give dark and white fields of the same rows and columns as the views',
    });
  }
  const mean = new Float64Array(pixels);
  const count = views.length / pixels;
  for (let n = 0; n < views.length; n++) mean[n % pixels]! += views[n]! / count;
  return mean;
}

/** −ln((counts − dark) / (white − dark)); pixels without any light in the open beam become 0. */
export function lineIntegrals({ detectorSize, data, dark, white }: Transmission): Float32Array {
  const pixels = detectorSize[0] * detectorSize[1];
  const open = meanView(white, pixels, 'white');
  const closed = dark === undefined ? new Float64Array(pixels) : meanView(dark, pixels, 'dark');
  const result = new Float32Array(data.length);
  for (let n = 0; n < data.length; n++) {
    const pixel = n % pixels;
    const beam = open[pixel]! - closed[pixel]!;
    if (!(beam > 0)) continue;
    result[n] = -Math.log(Math.max(LEAST_TRANSMISSION, (data[n]! - closed[pixel]!) / beam));
  }
  return result;
}
