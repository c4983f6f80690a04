import { gaussian, PhotopeakError, type Volume } from '@photopeak/imaging';

/** FWHM of a Gaussian over its standard deviation, √(8 ln 2). */
const FWHM_PER_SIGMA = 2.354820045030949;

/**
 * FWHM in mm of the Gaussian that takes an image from one resolution to a lower one: resolutions add in quadrature.
 * Throws `RESPONSE_RESOLUTION` where the image would have to become sharper.
 */
export function matchingFilterFwhm(fromMm: number, toMm: number): number {
  if (!(fromMm > 0) || !(toMm >= fromMm)) {
    throw new PhotopeakError('an image cannot be brought to a finer resolution by a filter', {
      code: 'RESPONSE_RESOLUTION',
      expected: 'a resolution that is not finer than that of the image, both above 0 mm FWHM',
      found: `from ${fromMm} mm to ${toMm} mm`,
      remedy: 'filter the scan of the finer resolution to that of the other',
    });
  }
  return Math.sqrt(toMm * toMm - fromMm * fromMm);
}

/**
 * The image as a scanner of a lower resolution would have shown it, both given as FWHM in mm: the filter by which sites
 * match reconstructions, as in the EARL programme (Boellaard et al., Eur J Nucl Med Mol Imaging 2015;42:328).
 */
export async function matchResolution(
  volume: Volume,
  fromMm: number,
  toMm: number,
): Promise<Volume<Float32Array>> {
  return gaussian(volume, { sigmaMm: matchingFilterFwhm(fromMm, toMm) / FWHM_PER_SIGMA });
}
