import { emptyVolume } from './create.ts';
import { gridCenter, gridCorners } from './geometry.ts';
import { resampleInto } from './resample.ts';
import type { Grid, Mat3, Vec3, Volume } from './volume.ts';
import { allocateVoxels } from './voxels.ts';

export interface ProjectionOptions {
  /**
   * Turn of the viewer about the patient's long axis: 0 looks from the front (the patient's right is on the left of
   * the image), 90 from the patient's left, 180 from the back.
   */
  readonly angleDegrees: number;
  /** Pixel size and step along the rays; the smallest spacing of the volume when left out. */
  readonly pixelMm?: number;
}

/** Planes projected at a time: bounds the memory. */
const PLANES_AT_A_TIME = 8;

/**
 * Maximum along parallel rays across the patient's long axis (LPS z). The result has one slice: i to the viewer's
 * right, j down (towards the feet), k along the view; its origin lies in the middle of the volume.
 */
export async function maximumIntensityProjection(
  volume: Volume,
  { angleDegrees, pixelMm = Math.min(...volume.spacingMm) }: ProjectionOptions,
): Promise<Volume<Float32Array>> {
  const turn = (angleDegrees * Math.PI) / 180;
  const right: Vec3 = [Math.cos(turn), Math.sin(turn), 0];
  const down: Vec3 = [0, 0, -1];
  const away: Vec3 = [-Math.sin(turn), Math.cos(turn), 0];
  const direction: Mat3 = [
    right[0],
    down[0],
    away[0],
    right[1],
    down[1],
    away[1],
    right[2],
    down[2],
    away[2],
  ];
  const center = gridCenter(volume);
  const half = [right, down, away].map((axis) =>
    Math.max(
      ...gridCorners(volume).map((corner) =>
        Math.abs(axis.reduce((sum, part, x) => sum + part * (corner[x]! - center[x]!), 0)),
      ),
    ),
  );
  const [width, height, depth] = half.map((mm) => Math.max(1, Math.ceil((2 * mm) / pixelMm - 1e-6) + 1)) as [
    number,
    number,
    number,
  ];
  const from = (u: number, v: number, w: number): Vec3 =>
    center.map((c, x) => c + pixelMm * (right[x]! * u + down[x]! * v + away[x]! * w)) as unknown as Vec3;
  const spacingMm: Vec3 = [pixelMm, pixelMm, pixelMm];
  const grid: Grid = {
    size: [width, height, 1],
    spacingMm,
    origin: from(-(width - 1) / 2, -(height - 1) / 2, 0),
    direction,
  };
  const projection = emptyVolume(grid, 'float32', volume.unit);
  const highest = projection.data.fill(Number.NEGATIVE_INFINITY);
  // One slab for all steps: shared memory would wait long for the garbage collector.
  const voxels = allocateVoxels('float32', width * height * Math.min(depth, PLANES_AT_A_TIME));
  for (let first = 0; first < depth; first += PLANES_AT_A_TIME) {
    const planes = Math.min(PLANES_AT_A_TIME, depth - first);
    const slab = {
      ...grid,
      size: [width, height, planes] as const,
      origin: from(-(width - 1) / 2, -(height - 1) / 2, first - (depth - 1) / 2),
      data: voxels.subarray(0, width * height * planes),
      unit: volume.unit,
    };
    await resampleInto(slab, volume, { interpolation: 'linear', outside: Number.NEGATIVE_INFINITY });
    for (let index = 0; index < slab.data.length; index++) {
      const pixel = index % highest.length;
      if (slab.data[index]! > highest[pixel]!) highest[pixel] = slab.data[index]!;
    }
  }
  for (let pixel = 0; pixel < highest.length; pixel++) {
    if (highest[pixel] === Number.NEGATIVE_INFINITY) highest[pixel] = 0;
  }
  return projection;
}
