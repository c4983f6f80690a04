import type { Grid, Vec3, Volume } from '@photopeak/imaging';

/** Voxels of the frame; a fissure is thinner than any, and seen over several. */
const VOXEL_MM = 1.5;

/**
 * Axes along a fissure: u to the left, v up the fissure from front to back, w across it towards the head. A fissure
 * is a surface w = f(u, v).
 */
export interface Frame {
  /** A point of the expected fissure, LPS mm; u = v = w = 0. */
  readonly origin: Vec3;
  readonly cos: number;
  readonly sin: number;
}

/** The frame of an expected plane through `origin` that rises by `slope` towards the back. */
export function frameOf(origin: Vec3, slope: number): Frame {
  const length = Math.sqrt(1 + slope * slope);
  return { origin, cos: 1 / length, sin: slope / length };
}

/** A point of the patient in the frame. */
export function intoFrame({ origin, cos, sin }: Frame, x: number, y: number, z: number): Vec3 {
  const dy = y - origin[1];
  const dz = z - origin[2];
  return [x - origin[0], cos * dy + sin * dz, cos * dz - sin * dy];
}

/** The part of a lung within `reachMm` of the expected plane, as a grid along the frame. Undefined where there is none. */
export function gridAlong(
  frame: Frame,
  labels: Volume<Uint8Array>,
  isInside: (n: number) => boolean,
  reachMm: number,
): Grid | undefined {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  const [nx, ny, nz] = labels.size;
  const [dx, dy, dz] = labels.spacingMm;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (!isInside(n)) continue;
        const at = intoFrame(
          frame,
          labels.origin[0] + i * dx,
          labels.origin[1] + j * dy,
          labels.origin[2] + k * dz,
        );
        if (Math.abs(at[2]) > reachMm) continue;
        for (const axis of [0, 1] as const) {
          low[axis] = Math.min(low[axis]!, at[axis]);
          high[axis] = Math.max(high[axis]!, at[axis]);
        }
      }
  if (low[0] === Infinity) return undefined;
  const { origin, cos, sin } = frame;
  const first = [low[0]!, low[1]!, -reachMm] as const;
  const count = (from: number, to: number) => Math.ceil((to - from) / VOXEL_MM) + 1;
  return {
    size: [count(first[0], high[0]!), count(first[1], high[1]!), count(-reachMm, reachMm)],
    spacingMm: [VOXEL_MM, VOXEL_MM, VOXEL_MM],
    origin: [
      origin[0] + first[0],
      origin[1] + cos * first[1] - sin * first[2],
      origin[2] + sin * first[1] + cos * first[2],
    ],
    direction: [1, 0, 0, 0, cos, -sin, 0, sin, cos],
  };
}
