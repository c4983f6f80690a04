import {
  distanceTransform,
  emptyVolume,
  type Grid,
  type Mask,
  maskWhere,
  maskWithin,
  resample,
  toWorld,
  type Vec3,
  type Volume,
  watershed,
} from '@photopeak/imaging';
import { hillsIn } from './basins.ts';
import { boundsOf, cutOut, intoBox } from './boxes.ts';

/** The shape is read on voxels of about this size. */
const FINE_MM = 2;
/** A lesion reaches to this share of the largest uptake around, … */
const EDGE_SHARE = 0.5;
/** … which is that within this distance along the axes: a weak lesion beside a strong one keeps its own edge, mm. */
const AROUND_MM = 8;
/** Two lobes are two lesions when their neck is narrower than this share of the thinner one. */
const NECK_SHARE = 0.75;
/** A lobe is at least this thick from its middle to its edge, mm, and this large. */
const THINNEST_MM = 4;
const SMALLEST_ML = 0.5;
/** A ball as thick as a lobe fills at least this share of it; bays of one uneven tumour are flatter. */
const ROUND_SHARE = 0.35;
const MARGIN_VOXELS = 2;

/**
 * The round parts of one piece of uptake where a narrow neck parts them: lesions that touch, whose blur leaves no valley
 * between them. A piece of one shape, however long, bent or uneven,
 * comes back whole.
 */
export async function lobesOf(volume: Volume, voxels: Uint32Array): Promise<Uint32Array[]> {
  const { low, high } = boundsOf(volume, voxels);
  const cut = cutOut(volume, low, high, MARGIN_VOXELS);
  const inBox = intoBox(volume, cut);
  const piece = emptyVolume(cut.box, 'uint8', '1');
  for (const index of voxels) piece.data[inBox(index)] = 1;
  const grid = fineGrid(cut.box);
  const uptake = await resample(cut.box, { grid, interpolation: 'cubic' });
  const within: Mask = await resample(piece, { grid, interpolation: 'nearest' });
  const around = largestAround(uptake, AROUND_MM);
  const shape = maskWithin(within, (n) => uptake.data[n]! >= EDGE_SHARE * around[n]!);
  const depth = await distanceTransform(maskWhere(shape, (inside) => inside === 0));
  const fineMl = (grid.spacingMm[0] * grid.spacingMm[1] * grid.spacingMm[2]) / 1000;
  const { labels, summits } = await hillsIn(depth, shape, NECK_SHARE, Math.ceil(SMALLEST_ML / fineMl));
  let count = 0;
  const lobe = summits.map(({ height }) => (height >= THINNEST_MM ? ++count : 0));
  if (count < 2) return [voxels];
  const isRound = summits.every(
    ({ height, size }, n) => lobe[n] === 0 || ballMl(height) >= ROUND_SHARE * size * fineMl,
  );
  if (!isRound) return [voxels];
  const markers = emptyVolume(grid, 'int32', '1');
  for (let n = 0; n < labels.length; n++) markers.data[n] = lobe[labels[n]!] ?? 0;
  // What lies outside the lobes goes to the one from which uptake falls towards it.
  const down = { ...uptake, data: uptake.data.map((value) => -value) };
  const grown = await watershed(down, markers, { mask: within });
  const { data } = await resample(grown, { grid: cut.box, interpolation: 'nearest' });
  const lobes: number[][] = Array.from({ length: count }, () => []);
  for (const index of voxels) lobes[Math.max(1, data[inBox(index)]!) - 1]!.push(index);
  return lobes.filter(({ length }) => length > 0).map((own) => Uint32Array.from(own));
}

const ballMl = (radiusMm: number): number => ((4 / 3) * Math.PI * radiusMm ** 3) / 1000;

/** Finer voxels that fill the same box. */
function fineGrid(box: Grid): Grid {
  const size = box.size.map((n, a) => Math.round((n * box.spacingMm[a]!) / FINE_MM)) as unknown as Vec3;
  const spacingMm = box.size.map((n, a) => (n * box.spacingMm[a]!) / size[a]!) as unknown as Vec3;
  const first = spacingMm.map((mm, a) => 0.5 * (mm / box.spacingMm[a]! - 1)) as unknown as Vec3;
  return { size, spacingMm, origin: toWorld(box, first), direction: box.direction };
}

/** Largest value within a cube around each voxel. */
function largestAround(volume: Volume<Float32Array>, reachMm: number): Float32Array {
  const [nx, ny, nz] = volume.size;
  let from = volume.data;
  for (const [axis, step] of [1, nx, nx * ny].entries()) {
    const reach = Math.round(reachMm / volume.spacingMm[axis]!);
    const last = [nx, ny, nz][axis]! - 1;
    const to = from.slice();
    for (let n = 0; n < from.length; n++) {
      const at = Math.floor(n / step) % (last + 1);
      for (let d = -Math.min(reach, at); d <= Math.min(reach, last - at); d++)
        to[n] = Math.max(to[n]!, from[n + d * step]!);
    }
    from = to;
  }
  return from;
}
