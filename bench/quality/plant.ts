/** Faults planted into an otherwise good enhancement, with their place: what quality control has to find. */
import { gaussian, type Vec3, type Volume } from '@photopeak/imaging';

export const faultTypes = ['bright', 'dark', 'vessel', 'streak', 'texture', 'erased', 'blurred'] as const;
export type FaultType = (typeof faultTypes)[number];

export interface Fault {
  readonly type: FaultType;
  /** Diameter of blobs and lesions, width of lines, diameter of the textured place, mm. */
  readonly sizeMm: number;
  /** Above (or below) what is around it, in the unit of the image; of texture: its standard deviation. */
  readonly contrast: number;
}

export interface Draw {
  uniform(): number;
  normal(): number;
}

/** What a fault of contrast 1 adds to the original and to the result, and where. */
export interface Shape {
  readonly inOriginal: Float32Array;
  readonly inResult: Float32Array;
  readonly center: Vec3;
  readonly spacingMm: Vec3;
  /** Half of a line, as a vector in the plane, mm; nothing of a blob. */
  readonly halfMm: readonly [number, number];
  /** A place within this of the middle or the line is where the fault is, mm. */
  readonly reachMm: number;
}

/** Lengths of lines in widths. */
const VESSELS = 12;
const STREAKS = 36;
/** A spot may be this far beyond the edge of its fault. */
const NEAR_MM = 4;
/** Width of the grains of a texture. */
const GRAIN_PIXELS = 0.85;

/** Draws a fault of a type around a voxel; edges are those that the scanner gives. */
export async function shapeOf(
  volume: Volume,
  fault: Fault,
  center: Vec3,
  psfMm: number,
  blurredMm: number,
  draw: Draw,
  across: boolean,
): Promise<Shape> {
  const values = new Float32Array(volume.data.length);
  const [nx, ny, nz] = volume.size;
  const [dx, dy, dz] = volume.spacingMm;
  const angle = Math.PI * draw.uniform();
  const length =
    fault.type === 'vessel' ? VESSELS * fault.sizeMm : fault.type === 'streak' ? STREAKS * fault.sizeMm : 0;
  const radius = fault.sizeMm / 2;
  const reach = radius + length / 2;
  const SUB = 3;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const at = i + nx * (j + ny * k);
        const px = (i - center[0]) * dx;
        const py = (j - center[1]) * dy;
        const pz = across ? (k - center[2]) * dz : k === center[2] ? 0 : 1e6;
        if (Math.abs(px) > reach + dx || Math.abs(py) > reach + dy || Math.abs(pz) > radius + dz) continue;
        let sum = 0;
        for (let c = 0; c < SUB; c++)
          for (let b = 0; b < SUB; b++)
            for (let a = 0; a < SUB; a++) {
              const x = px + ((a - 1) / SUB) * dx;
              const y = py + ((b - 1) / SUB) * dy;
              const z = across ? pz + ((c - 1) / SUB) * dz : pz;
              const along = x * Math.cos(angle) + y * Math.sin(angle);
              const beside = y * Math.cos(angle) - x * Math.sin(angle);
              const past = Math.max(0, Math.abs(along) - length / 2);
              if (past * past + beside * beside + z * z <= radius * radius) sum++;
            }
        values[at] = sum / SUB ** 3;
      }
  const shape = { ...volume, data: values };
  const halfMm = [(length / 2) * Math.cos(angle), (length / 2) * Math.sin(angle)] as const;
  const place = { center, spacingMm: volume.spacingMm, halfMm };
  const nothing = new Float32Array(values.length);
  const widths = (mm: number): Vec3 => [mm, mm, across ? mm : 0];
  if (fault.type === 'texture') {
    const grain = Float32Array.from(values, () => draw.normal());
    const smooth = await gaussian(
      { ...volume, data: grain },
      { sigmaMm: widths(Math.max(psfMm, GRAIN_PIXELS * dx)) },
    );
    let power = 0;
    for (const value of smooth.data) power += value * value;
    const scale = 1 / Math.sqrt(power / smooth.data.length);
    const soft = await gaussian(shape, { sigmaMm: widths(2 * dx) });
    const inResult = soft.data.map((v, at) => v * smooth.data[at]! * scale);
    return { ...place, inOriginal: nothing, inResult, reachMm: fault.sizeMm };
  }
  const seen = (await gaussian(shape, { sigmaMm: widths(psfMm) })).data;
  const sign = fault.type === 'dark' ? -1 : 1;
  const reachMm = radius + NEAR_MM;
  if (fault.type === 'erased') return { ...place, inOriginal: seen, inResult: nothing, reachMm };
  if (fault.type === 'blurred') {
    const inResult = (await gaussian(shape, { sigmaMm: widths(blurredMm) })).data;
    return { ...place, inOriginal: seen, inResult, reachMm };
  }
  return { ...place, inOriginal: nothing, inResult: seen.map((v) => sign * v), reachMm };
}

/** Distance of a voxel from the middle of a fault, of a line from the nearest of its points, mm. */
export function distanceMm({ center, spacingMm, halfMm }: Shape, voxel: Vec3): number {
  const [x, y, z] = voxel.map((at, axis) => (at - center[axis]!) * spacingMm[axis]!) as unknown as Vec3;
  const length2 = halfMm[0] ** 2 + halfMm[1] ** 2;
  const along = length2 === 0 ? 0 : Math.max(-1, Math.min(1, (x * halfMm[0] + y * halfMm[1]) / length2));
  return Math.hypot(x - along * halfMm[0], y - along * halfMm[1], z);
}
