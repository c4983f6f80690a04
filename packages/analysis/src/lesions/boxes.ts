import { toWorld, type Vec3, type Volume } from '@photopeak/imaging';

/** A part of a volume and the voxel at which it begins. */
export interface Box {
  readonly box: Volume<Float32Array>;
  readonly low: Vec3;
}

/** The voxels from `low` to `high` with a margin, cut out of the volume. */
export function cutOut(volume: Volume, from: Vec3, to: Vec3, margin: number): Box {
  const low = from.map((v) => Math.max(0, v - margin)) as unknown as Vec3;
  const high = to.map((v, axis) => Math.min(volume.size[axis]! - 1, v + margin));
  const size = high.map((v, axis) => v - low[axis]! + 1) as unknown as Vec3;
  const data = new Float32Array(size[0] * size[1] * size[2]);
  let n = 0;
  for (let k = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++) {
      const row = low[0] + volume.size[0] * (low[1] + j + volume.size[1] * (low[2] + k));
      for (let i = 0; i < size[0]; i++) data[n++] = volume.data[row + i]!;
    }
  return {
    box: {
      size,
      spacingMm: volume.spacingMm,
      origin: toWorld(volume, low),
      direction: volume.direction,
      data,
      unit: volume.unit,
    },
    low,
  };
}

/** From a linear index in the volume to that in the box, which must hold it. */
export function intoBox(volume: Volume, { box, low }: Box): (index: number) => number {
  const [vx, vy] = volume.size;
  const [nx, ny] = box.size;
  return (index) => {
    const i = (index % vx) - low[0];
    const j = (Math.floor(index / vx) % vy) - low[1];
    const k = Math.floor(index / (vx * vy)) - low[2];
    return i + nx * (j + ny * k);
  };
}

/** First and last voxel of some voxels along i, j, k. */
export function boundsOf(volume: Volume, voxels: Uint32Array): { readonly low: Vec3; readonly high: Vec3 } {
  const [nx, ny] = volume.size;
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-1, -1, -1];
  for (const index of voxels) {
    const at = [index % nx, Math.floor(index / nx) % ny, Math.floor(index / (nx * ny))] as const;
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis]!, at[axis]!);
      high[axis] = Math.max(high[axis]!, at[axis]!);
    }
  }
  return { low, high };
}
