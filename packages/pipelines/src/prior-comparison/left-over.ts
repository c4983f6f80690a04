import { measureVoxels, median } from '@photopeak/analysis';
import { toVoxel, toWorld, type Vec3, type Volume } from '@photopeak/imaging';

/** What is left of a lesion that is not found any more. */
export interface Residual {
  readonly suvMax: number;
  readonly suvPeak: number | null;
  readonly suvMean: number;
}

/** Between these distances beyond a lesion lie its surroundings, mm: out of the blur of PET, and not far. */
const BESIDE_MM = [8, 20] as const;
/** Uptake that is left stands out where its peak is so many times what lies around it. */
const STANDS_OUT = 2;

export function centroid(points: readonly Vec3[]): Vec3 {
  const sum = [0, 0, 0];
  for (const point of points) for (let axis = 0; axis < 3; axis++) sum[axis]! += point[axis]!;
  return sum.map((mm) => mm / points.length) as unknown as Vec3;
}

/** Uptake within the outline that a lesion had; null where most of it lies outside the PET. */
export function leftOver(pet: Volume, points: readonly Vec3[]): Residual | null {
  const [nx, ny, nz] = pet.size;
  const voxels = new Set<number>();
  let inside = 0;
  for (const point of points) {
    const [i, j, k] = toVoxel(pet, point).map(Math.round) as unknown as Vec3;
    if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) continue;
    inside++;
    voxels.add(i + nx * (j + ny * k));
  }
  if (2 * inside < points.length) return null;
  const { max, mean, peak } = measureVoxels(pet, Uint32Array.from([...voxels].sort((a, b) => a - b)));
  return { suvMax: max, suvMean: mean, suvPeak: peak.value };
}

/** Why a lesion that is not found any more may not be gone: what is left of it stands out from what lies around. */
export function leftDoubt(pet: Volume, points: readonly Vec3[], left: Residual | null): string | null {
  if (left === null) return null;
  const around = surroundings(pet, points);
  const times = (left.suvPeak ?? left.suvMax) / around;
  if (!(around > 0) || times < STANDS_OUT) return null;
  return `uptake is there now, SUVmax ${left.suvMax.toFixed(2)}, ${times.toFixed(1)} times what lies around it, but too little to be found as a lesion`;
}

/** Median of the PET around the points of a lesion; NaN where it has none. */
function surroundings(pet: Volume, points: readonly Vec3[]): number {
  const centre = centroid(points);
  const distance = (point: Vec3) => Math.hypot(...point.map((mm, axis) => mm - centre[axis]!));
  const radius = points.reduce((most, point) => Math.max(most, distance(point)), 0);
  const [from, to] = [radius + BESIDE_MM[0], radius + BESIDE_MM[1]];
  const middle = toVoxel(pet, centre);
  const [[i0, i1], [j0, j1], [k0, k1]] = [0, 1, 2].map((axis) => [
    Math.max(0, Math.floor(middle[axis]! - to / pet.spacingMm[axis]!)),
    Math.min(pet.size[axis]! - 1, Math.ceil(middle[axis]! + to / pet.spacingMm[axis]!)),
  ]) as [[number, number], [number, number], [number, number]];
  const around: number[] = [];
  for (let k = k0; k <= k1; k++)
    for (let j = j0; j <= j1; j++)
      for (let i = i0; i <= i1; i++) {
        const mm = distance(toWorld(pet, [i, j, k]));
        if (mm >= from && mm <= to) around.push(pet.data[i + pet.size[0] * (j + pet.size[1] * k)]!);
      }
  return median(around);
}
