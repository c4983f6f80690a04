import { type DisplacementField, type Grid, resample } from '@photopeak/imaging';
import { labelsOnto } from '../../sampling/index.ts';
import { BINS, binMap, binOf } from '../intensity.ts';
import { smoothNodes, smoothStep, weigh } from './smooth-nodes.ts';
import type { WorkingImages } from './working-images.ts';

/** Passes of smoothing over the motion before its length is judged. */
const LENGTH_PASSES = 2;

/**
 * Keeps of a displacement, in place, what is longer than such images are registered to: nothing where it is shorter than
 * `certainMm[0]`, all of it from `certainMm[1]` on. Where nothing moved beyond the rigid registration a deformation of PET
 * and CT is as long as its error, about 3 mm everywhere; left in, it would spoil what was right.
 */
export function keepLongMotion(
  { data, size }: DisplacementField,
  certainMm: readonly [number, number],
): void {
  const judged = Float32Array.from(data);
  smoothNodes(judged, size, 3, LENGTH_PASSES);
  const weights = new Float32Array(data.length / 3).map((_, n) =>
    smoothStep(Math.hypot(judged[3 * n]!, judged[3 * n + 1]!, judged[3 * n + 2]!), certainMm),
  );
  weigh(data, weights, size);
}

/** Passes of smoothing over the gains: what is asked together is about 50 mm wide. */
const GAIN_PASSES = 4;
/** Gain over the root of its squares from which a displacement is kept in part, and in full. */
const CERTAIN_GAIN = [0, 1] as const;
/** Voxels in a sample for the bins: one of so many. */
const EVERY = 17;

/** Voxels of the body and just around it that both images show. */
function compared({ fixed, body, fixedWeight, movingWeight }: WorkingImages): Uint8Array {
  const near = labelsOnto({ ...body.weight, data: body.weight.data.map(Math.ceil) }, fixed).data;
  for (let n = 0; n < near.length; n++)
    if (fixedWeight.data[n] === 0 || movingWeight.data[n] === 0) near[n] = 0;
  return near;
}

/** The bin of each voxel that is compared; one map for all images of a modality. */
function binned(images: readonly Float32Array[], used: Uint8Array): Uint8Array[] {
  const sample: number[] = [];
  for (let n = 0; n < used.length; n += EVERY) if (used[n] !== 0) sample.push(images[0]![n]!);
  const map = binMap(Float32Array.from(sample));
  return images.map((data) => {
    const bins = new Uint8Array(data.length);
    for (let n = 0; n < data.length; n++)
      if (used[n] !== 0) bins[n] = Math.min(BINS - 1, Math.round(binOf(map, data[n]!)));
    return bins;
  });
}

/** log p(a, b) / (p(a) p(b)) of two values that meet, over both positions of the moving image. */
function information(fixed: Uint8Array, movings: readonly Uint8Array[], used: Uint8Array): Float64Array {
  // Half a count in each cell, so that what never met has a value too.
  const joint = new Float64Array(BINS * BINS).fill(0.5);
  for (const moving of movings)
    for (let n = 0; n < used.length; n++) if (used[n] !== 0) joint[BINS * fixed[n]! + moving[n]!]!++;
  const ofFixed = new Float64Array(BINS);
  const ofMoving = new Float64Array(BINS);
  let total = 0;
  joint.forEach((count, at) => {
    ofFixed[Math.floor(at / BINS)]! += count;
    ofMoving[at % BINS]! += count;
    total += count;
  });
  return joint.map((count, at) =>
    Math.log((count * total) / (ofFixed[Math.floor(at / BINS)]! * ofMoving[at % BINS]!)),
  );
}

/** Sums of a number of each voxel, and of its square, over the voxels around each node of a field. */
function atNodes({ size }: Grid, voxels: Grid, used: Uint8Array, gainAt: (n: number) => number) {
  const [nx, ny] = voxels.size;
  const [mx, my] = size;
  const apart = nx / mx;
  const sums = new Float32Array(mx * my * size[2]);
  const squares = new Float32Array(sums.length);
  for (let n = 0; n < used.length; n++) {
    if (used[n] === 0) continue;
    const i = Math.floor((n % nx) / apart);
    const j = Math.floor((Math.floor(n / nx) % ny) / apart);
    const k = Math.floor(Math.floor(n / (nx * ny)) / apart);
    const gain = gainAt(n);
    const at = i + mx * (j + my * k);
    sums[at]! += gain;
    squares[at]! += gain * gain;
  }
  return { sums, squares };
}

/**
 * Keeps a displacement, in place, where it brings the images nearer by a measure that took no part in finding it: the
 * pointwise mutual information of the values that meet (Rogelj et al., Comput Vis Image Underst 2003), summed over the
 * surroundings of each node, with the displacement against without. The nodes lie amid blocks of voxels of the images.
 */
export async function keepWhereNearer(field: DisplacementField, images: WorkingImages): Promise<void> {
  const { fixed, moving } = images;
  const used = compared(images);
  const warped = await resample(moving, { grid: fixed, field, interpolation: 'linear' });
  const [fixedBins] = binned([fixed.data], used) as [Uint8Array];
  const [before, after] = binned([moving.data, warped.data], used) as [Uint8Array, Uint8Array];
  const value = information(fixedBins, [before, after], used);
  const { sums, squares } = atNodes(field, fixed, used, (n) => {
    const row = BINS * fixedBins[n]!;
    return value[row + after[n]!]! - value[row + before[n]!]!;
  });
  smoothNodes(sums, field.size, 1, GAIN_PASSES);
  smoothNodes(squares, field.size, 1, GAIN_PASSES);
  const weights = sums.map((gain, n) =>
    squares[n]! > 0 ? smoothStep(gain / Math.sqrt(squares[n]!), CERTAIN_GAIN) : 0,
  );
  weigh(field.data, weights, field.size);
}
