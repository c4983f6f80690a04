import { geometricTransferMatrix } from '@photopeak/analysis';
import { gaussian, type Mask, PhotopeakError, requireSameGrid, type Volume } from '@photopeak/imaging';
import type { Finding } from '../pipeline.ts';

/** Outlined regions and what of the rest is near enough to spill into them. */
const REST = 0;
/** Part of the blurred union of the inner regions above which the rest is near: about 1.3 FWHM from their edge. */
const NEAR_PART = 1e-3;
/** Layers of the rest about the segments, each as wide as the blur reaches, before all else. */
const LAYERS = 2;
const FWHM_PER_SIGMA = 2 * Math.sqrt(2 * Math.LN2);
/** Coarser than any PET or SPECT. */
const WIDEST_MM = 30;

export interface CorrectedMeans {
  /** True mean by the number of the segment, in the unit of the image. */
  readonly means: ReadonlyMap<number, number>;
  readonly findings: readonly Finding[];
}

/**
 * Means of segments as they would be without the blur of the scanner, by the geometric transfer matrix. The rest of the
 * image is three regions: two layers about the segments, and all else, so that far organs do not count as their
 * surroundings.
 * A voxel of several segments belongs to the last. Throws `OPTION_INVALID`, `ENHANCEMENT_REGIONS`.
 */
export async function correctedMeans(
  image: Volume,
  segments: readonly { readonly number: number; readonly mask: Mask }[],
  fwhmMm: number,
): Promise<CorrectedMeans> {
  if (!(fwhmMm > 0 && fwhmMm <= WIDEST_MM))
    throw new PhotopeakError('the resolution cannot be that of a scanner', {
      code: 'OPTION_INVALID',
      expected: `a full width at half maximum above 0 and up to ${WIDEST_MM} mm`,
      found: String(fwhmMm),
      where: '--resolution',
      remedy: 'measure it with a phantom: scanner, reconstruction and filter together',
    });
  const { data: values, ...grid } = image;
  const labels = new Uint16Array(values.length);
  let overlapping = 0;
  segments.forEach(({ mask }, n) => {
    requireSameGrid(image, mask, 'the segments of a partial-volume correction');
    for (let at = 0; at < labels.length; at++) {
      if (mask.data[at] === 0) continue;
      if (labels[at] !== REST) overlapping += 1;
      labels[at] = n + 1;
    }
  });
  for (let layer = 1; layer <= LAYERS; layer++) {
    const inner = { ...grid, unit: '1', data: Float32Array.from(labels, (label) => Number(label !== REST)) };
    const near = await gaussian(inner, { sigmaMm: fwhmMm / FWHM_PER_SIGMA });
    for (let at = 0; at < labels.length; at++)
      if (labels[at] === REST && near.data[at]! > NEAR_PART) labels[at] = segments.length + layer;
  }
  const regions = await geometricTransferMatrix(image, { ...grid, unit: '1', data: labels }, { fwhmMm });
  const means = new Map<number, number>();
  for (const { label, corrected } of regions) {
    const segment = segments[label - 1];
    if (segment !== undefined) means.set(segment.number, corrected);
  }
  const findings: Finding[] =
    overlapping === 0
      ? []
      : [
          {
            code: 'MEASURE_OVERLAP',
            severity: 'warning',
            message: `${overlapping} voxels belong to several segments; for the partial-volume correction each belongs to the last`,
          },
        ];
  return { means, findings };
}
