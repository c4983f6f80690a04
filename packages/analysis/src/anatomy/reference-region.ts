import { toVoxel, toWorld, type Vec3, type Volume } from '@photopeak/imaging';

/** A place in normal tissue against which uptake is judged. */
export interface ReferenceRegion {
  readonly name: 'liver' | 'blood pool';
  /** Centre in the frame of the PET, LPS mm. */
  readonly center: Vec3;
  readonly shape:
    | { readonly kind: 'sphere'; readonly radiusMm: number }
    | { readonly kind: 'tube'; readonly radiusMm: number; readonly path: readonly Vec3[] };
  /** Mean and population standard deviation of SUV. */
  readonly mean: number;
  readonly sd: number;
  readonly meanHu: number;
  /** 0 … 1, a rule of thumb. */
  readonly confidence: number;
  /** Mean and evenness lie in the band of normal tissue; otherwise `findings` say what is off. */
  readonly withinBand: boolean;
  readonly findings: readonly string[];
}

/** SUVbw that a reference region may have. */
export interface ReferenceBand {
  /** The mean of normal tissue. */
  readonly lowest: number;
  readonly highest: number;
  /** Largest coefficient of variation of an even region. */
  readonly largestCv: number;
}

export type RegionOutcome =
  | { readonly status: 'placed'; readonly region: ReferenceRegion }
  | { readonly status: 'refused'; readonly reason: string };

export function refused(reason: string): RegionOutcome {
  return { status: 'refused', reason };
}

/** The highest voxel whose centre lies in the region, in the unit of the volume; null where none does. */
export function regionMaximum(volume: Volume, { shape, center }: ReferenceRegion): number | null {
  const path = shape.kind === 'tube' && shape.path.length > 0 ? shape.path : [center];
  const limit = shape.radiusMm * shape.radiusMm;
  let highest: number | null = null;
  const segments = path
    .slice(0, Math.max(1, path.length - 1))
    .map((from, n) => [from, path[n + 1] ?? from] as const);
  for (const [from, to] of segments) {
    const ends = [from, to].map((point) => toVoxel(volume, point));
    const range = ([0, 1, 2] as const).map((axis) => {
      const reach = shape.radiusMm / volume.spacingMm[axis];
      const [a, b] = [ends[0]![axis], ends[1]![axis]];
      return [
        Math.max(0, Math.ceil(Math.min(a, b) - reach)),
        Math.min(volume.size[axis] - 1, Math.floor(Math.max(a, b) + reach)),
      ] as const;
    });
    for (let k = range[2]![0]; k <= range[2]![1]; k++)
      for (let j = range[1]![0]; j <= range[1]![1]; j++)
        for (let i = range[0]![0]; i <= range[0]![1]; i++) {
          if (squaredDistance(toWorld(volume, [i, j, k]), from, to) > limit) continue;
          const value = volume.data[i + volume.size[0] * (j + volume.size[1] * k)]!;
          if (highest === null || value > highest) highest = value;
        }
  }
  return highest;
}

/** Of a point from the stretch between two others, mm². */
function squaredDistance(point: Vec3, from: Vec3, to: Vec3): number {
  const along: Vec3 = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
  const length = along[0] * along[0] + along[1] * along[1] + along[2] * along[2];
  const dot =
    (point[0] - from[0]) * along[0] + (point[1] - from[1]) * along[1] + (point[2] - from[2]) * along[2];
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, dot / length));
  return [0, 1, 2].reduce((sum, axis) => sum + (point[axis]! - from[axis]! - t * along[axis]!) ** 2, 0);
}
