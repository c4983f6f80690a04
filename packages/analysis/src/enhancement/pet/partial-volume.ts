import { emptyVolume, gaussian, PhotopeakError, requireSameGrid, type Volume } from '@photopeak/imaging';
import { solve } from '../../numbers/index.ts';

export interface PartialVolumeOptions {
  /** Resolution of the image, FWHM in mm: of scanner and reconstruction with its filter. */
  readonly fwhmMm: number;
  /** Turns of the iterative correction. Default 10, which is where it stands still. */
  readonly iterations?: number;
}

export interface RegionValue {
  readonly label: number;
  readonly voxels: number;
  /** Mean of the image as it is, and corrected, in its unit. */
  readonly measured: number;
  readonly corrected: number;
}

const FWHM_PER_SIGMA = 2 * Math.sqrt(2 * Math.LN2);
const DEFAULT_ITERATIONS = 10;
/** Where the model of the blurred image is below this part of its maximum nothing is divided by it. */
const LEAST_SHARE = 1e-3;

/**
 * True means of regions from their measured ones by the geometric transfer matrix (Rousset, Ma and Evans 1998, J Nucl Med
 * 39:904): each region is taken as uniform, its spill over the others is the image of its mask through the resolution.
 * `labels` lie on the grid of the image; every label is a region, 0 (the rest) one of them. A region that is not uniform,
 * or outlined wrongly, gives wrong values to its neighbours as well. Throws `ENHANCEMENT_REGIONS`,
 * `IMAGING_GRID_MISMATCH`.
 */
export async function geometricTransferMatrix(
  image: Volume,
  labels: Volume,
  { fwhmMm }: PartialVolumeOptions,
): Promise<RegionValue[]> {
  const regions = regionsOf(image, labels);
  const matrix: number[][] = regions.map(() => []);
  for (const [from, { label }] of regions.entries()) {
    const spread = await blurred(maskOf(labels, label), fwhmMm);
    regions.forEach((region, to) => {
      matrix[to]![from] = meanIn(spread, labels, region);
    });
  }
  const measured = regions.map((region) => meanIn(image, labels, region));
  const corrected = [...measured];
  if (!solve(matrix, corrected))
    throw unusable('regions that the resolution leaves apart', 'regions that look alike');
  return regions.map(({ label, voxels }, n) => ({
    label,
    voxels,
    measured: measured[n]!,
    corrected: corrected[n]!,
  }));
}

/**
 * The image with every voxel corrected by its region (region-based voxel-wise correction, Thomas et al. 2011, Eur J Nucl
 * Med Mol Imaging 38:1104): times model over blurred model, with the means of the geometric transfer matrix.
 */
export async function regionVoxelwiseCorrection(
  image: Volume,
  labels: Volume,
  options: PartialVolumeOptions,
): Promise<Volume<Float32Array>> {
  const regions = await geometricTransferMatrix(image, labels, options);
  return corrected(image, labels, new Map(regions.map((r) => [r.label, r.corrected])), options.fwhmMm);
}

/**
 * The same with means that are taken from the corrected image and put in again (iterative Yang; Erlandsson et al. 2012,
 * Phys Med Biol 57:R119): needs no matrix, and bears many regions.
 */
export async function iterativeYang(
  image: Volume,
  labels: Volume,
  options: PartialVolumeOptions,
): Promise<Volume<Float32Array>> {
  const regions = regionsOf(image, labels);
  let result: Volume = image;
  for (let turn = 0; turn < (options.iterations ?? DEFAULT_ITERATIONS); turn++) {
    const means = new Map(regions.map((region) => [region.label, meanIn(result, labels, region)]));
    result = await corrected(image, labels, means, options.fwhmMm);
  }
  return result as Volume<Float32Array>;
}

interface Region {
  readonly label: number;
  readonly voxels: number;
}

function regionsOf(image: Volume, labels: Volume): Region[] {
  requireSameGrid(image, labels, 'the regions of a partial-volume correction');
  const counts = new Map<number, number>();
  for (let at = 0; at < labels.data.length; at++) {
    const label = labels.data[at]!;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const regions = [...counts].sort(([a], [b]) => a - b).map(([label, voxels]) => ({ label, voxels }));
  if (regions.length < 2)
    throw unusable('two regions or more, the rest (0) being one of them', `${regions.length}`);
  return regions;
}

function unusable(expected: string, found: string): PhotopeakError {
  return new PhotopeakError('partial volumes cannot be corrected with these regions', {
    code: 'ENHANCEMENT_REGIONS',
    expected,
    found,
    remedy: 'outline the regions on the grid of the image',
  });
}

function maskOf({ data: labels, ...grid }: Volume, label: number): Volume<Float32Array> {
  const data = new Float32Array(labels.length);
  for (let n = 0; n < data.length; n++) data[n] = labels[n] === label ? 1 : 0;
  return { ...grid, unit: '1', data };
}

const blurred = (volume: Volume, fwhmMm: number) => gaussian(volume, { sigmaMm: fwhmMm / FWHM_PER_SIGMA });

function meanIn({ data }: Volume, labels: Volume, { label, voxels }: Region): number {
  let sum = 0;
  for (let at = 0; at < data.length; at++) if (labels.data[at] === label) sum += data[at]!;
  return sum / voxels;
}

async function corrected(image: Volume, labels: Volume, means: ReadonlyMap<number, number>, fwhmMm: number) {
  // A negative mean (noise in an empty region) is none.
  const model = emptyVolume(image, 'float32', image.unit);
  for (let at = 0; at < model.data.length; at++)
    model.data[at] = Math.max(0, means.get(labels.data[at]!) ?? 0);
  const seen = await blurred(model, fwhmMm);
  const least = LEAST_SHARE * model.data.reduce((most, value) => Math.max(most, value), 0);
  const result = emptyVolume(image, 'float32', image.unit);
  for (let at = 0; at < result.data.length; at++)
    result.data[at] =
      seen.data[at]! > least ? (image.data[at]! * model.data[at]!) / seen.data[at]! : image.data[at]!;
  return result;
}
