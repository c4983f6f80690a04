/** Faults planted into an otherwise good enhancement, with their place: what quality control has to find. */
import { type Box, crop, emptyVolume, gaussian, type Vec3, type Volume } from '@photopeak/imaging';

export const faultTypes = ['bright', 'dark', 'vessel', 'streak', 'texture', 'erased', 'blurred'] as const;
export type FaultType = (typeof faultTypes)[number];

export interface Fault {
  readonly type: FaultType;
  /** Diameter of blobs and lesions, width of lines, diameter of the textured place, mm. */
  readonly sizeMm: number;
}

export interface Draw {
  uniform(): number;
  normal(): number;
}

/** What a fault of contrast 1 adds to the original and to the result in a box around it, and where it is. */
export interface Shape {
  readonly box: Box;
  readonly inOriginal: Float32Array;
  readonly inResult: Float32Array;
  readonly center: Vec3;
  readonly spacingMm: Vec3;
  /** Half of a line, as a vector in the plane, mm; nothing of a blob. */
  readonly halfMm: readonly [number, number];
  /** A place within this of the middle or the line is where the fault is, mm. */
  readonly reachMm: number;
}

export interface Optics {
  readonly psfMm: number;
  /** Gaussian width by which `blurred` lesions are smoothed. */
  readonly blurredMm: number;
  /** Whether the third axis is space. */
  readonly across: boolean;
}

/** Lengths of lines in widths. */
const VESSELS = 12;
const STREAKS = 36;
/** A spot may be this far beyond the edge of its fault. */
const NEAR_MM = 4;
/** Width of the grains of a texture. */
const GRAIN_PIXELS = 0.85;
const SUB = 3;

/** Draws a fault of a type around a voxel; edges are those that the scanner gives. */
export async function shapeOf(
  volume: Volume<Float32Array>,
  { type, sizeMm }: Fault,
  center: Vec3,
  { psfMm, blurredMm, across }: Optics,
  draw: Draw,
): Promise<Shape> {
  const angle = Math.PI * draw.uniform();
  const length = type === 'vessel' ? VESSELS * sizeMm : type === 'streak' ? STREAKS * sizeMm : 0;
  const radius = sizeMm / 2;
  const margin = 4 * (type === 'blurred' ? blurredMm : psfMm);
  const reach = [0, 1, 2].map((axis) =>
    axis === 2 ? (across ? radius + margin : 0) : radius + length / 2 + margin,
  );
  const from = center.map((at, axis) =>
    Math.max(0, at - Math.ceil(reach[axis]! / volume.spacingMm[axis]!)),
  ) as unknown as Vec3;
  const to = center.map((at, axis) =>
    Math.min(volume.size[axis]!, at + Math.ceil(reach[axis]! / volume.spacingMm[axis]!) + 1),
  );
  const box = { start: from, size: to.map((end, axis) => end - from[axis]!) as unknown as Vec3 };
  const shape = emptyVolume(crop(volume, box), 'float32', volume.unit);
  drawInto(
    shape,
    center.map((at, axis) => at - from[axis]!) as unknown as Vec3,
    radius,
    length,
    angle,
    across,
  );
  const halfMm = [(length / 2) * Math.cos(angle), (length / 2) * Math.sin(angle)] as const;
  const place = { box, center, spacingMm: volume.spacingMm, halfMm, reachMm: radius + NEAR_MM };
  const nothing = new Float32Array(shape.data.length);
  const widths = (mm: number): Vec3 => [mm, mm, across ? mm : 0];
  if (type === 'texture') {
    const [dx] = volume.spacingMm;
    const grain = { ...shape, data: Float32Array.from(shape.data, () => draw.normal()) };
    const smooth = await gaussian(grain, { sigmaMm: widths(Math.max(psfMm, GRAIN_PIXELS * dx)) });
    let power = 0;
    for (const value of smooth.data) power += value * value;
    const scale = 1 / Math.sqrt(power / smooth.data.length);
    const soft = await gaussian(shape, { sigmaMm: widths(2 * dx) });
    const inResult = soft.data.map((v, at) => v * smooth.data[at]! * scale);
    return { ...place, inOriginal: nothing, inResult, reachMm: sizeMm };
  }
  const seen = (await gaussian(shape, { sigmaMm: widths(psfMm) })).data;
  if (type === 'erased') return { ...place, inOriginal: seen, inResult: nothing };
  if (type === 'blurred')
    return {
      ...place,
      inOriginal: seen,
      inResult: (await gaussian(shape, { sigmaMm: widths(blurredMm) })).data,
    };
  const sign = type === 'dark' ? -1 : 1;
  return { ...place, inOriginal: nothing, inResult: seen.map((v) => sign * v) };
}

/** The part of each voxel that a ball, or a rod in the plane with round ends, fills. */
function drawInto(
  { data, size, spacingMm }: Volume<Float32Array>,
  center: Vec3,
  radius: number,
  length: number,
  angle: number,
  across: boolean,
): void {
  const [nx, ny, nz] = size;
  const [dx, dy, dz] = spacingMm;
  const reach = radius + length / 2;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const px = (i - center[0]) * dx;
        const py = (j - center[1]) * dy;
        const pz = across ? (k - center[2]) * dz : 0;
        if (Math.abs(px) > reach + dx || Math.abs(py) > reach + dy || Math.abs(pz) > radius + dz) continue;
        let sum = 0;
        for (let c = 0; c < SUB; c++)
          for (let b = 0; b < SUB; b++)
            for (let a = 0; a < SUB; a++) {
              const x = px + ((a - 1) / SUB) * dx;
              const y = py + ((b - 1) / SUB) * dy;
              const z = across ? pz + ((c - 1) / SUB) * dz : 0;
              const along = x * Math.cos(angle) + y * Math.sin(angle);
              const beside = y * Math.cos(angle) - x * Math.sin(angle);
              const past = Math.max(0, Math.abs(along) - length / 2);
              if (past * past + beside * beside + z * z <= radius * radius) sum++;
            }
        data[i + nx * (j + ny * k)] = sum / SUB ** 3;
      }
}

/** Adds what a fault is in a box, times its contrast, to an image of `size`. */
export function addTo(
  image: Float32Array,
  [nx, ny]: Vec3,
  box: Box,
  values: Float32Array,
  factor: number,
): void {
  const [bx, by, bz] = box.size;
  for (let k = 0; k < bz; k++)
    for (let j = 0; j < by; j++) {
      const row = box.start[0] + nx * (box.start[1] + j + ny * (box.start[2] + k));
      for (let i = 0; i < bx; i++) image[row + i]! += factor * values[i + bx * (j + by * k)]!;
    }
}

/** Distance of a voxel from the middle of a fault, of a line from the nearest of its points, mm. */
export function distanceMm({ center, spacingMm, halfMm }: Shape, voxel: Vec3): number {
  const [x, y, z] = voxel.map((at, axis) => (at - center[axis]!) * spacingMm[axis]!) as unknown as Vec3;
  const length2 = halfMm[0] ** 2 + halfMm[1] ** 2;
  const along = length2 === 0 ? 0 : Math.max(-1, Math.min(1, (x * halfMm[0] + y * halfMm[1]) / length2));
  return Math.hypot(x - along * halfMm[0], y - along * halfMm[1], z);
}
