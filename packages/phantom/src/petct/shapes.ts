import type { Vec3 } from '@photopeak/imaging';
import { cos, PI, sin } from '../shared/exact-math.ts';

/** Axis-aligned bounds in mm. */
export interface Box {
  readonly low: Vec3;
  readonly high: Vec3;
}

/** A region of space: whether a point lies in it, and a box beyond which none does. */
export interface Shape {
  readonly box: Box;
  contains(x: number, y: number, z: number): boolean;
}

/** Node of a tube: position and radius in mm. */
export type TubeNode = readonly [x: number, y: number, z: number, radius: number];

const DEGREE = PI / 180;

/**
 * Ellipsoid, optionally turned about x, then y, then z (degrees). `power` 4 gives a boxier form than 2.
 */
export function ellipsoid(center: Vec3, radii: Vec3, turnDegrees: Vec3 = [0, 0, 0], power: 2 | 4 = 2): Shape {
  const [a, b, c] = turnDegrees.map((angle) => angle * DEGREE) as [number, number, number];
  const [sa, ca, sb, cb, sc, cc] = [sin(a), cos(a), sin(b), cos(b), sin(c), cos(c)];
  // rows of the inverse rotation, i.e. the turned axes
  const m = [
    [cc * cb, sc * cb, -sb],
    [cc * sb * sa - sc * ca, sc * sb * sa + cc * ca, cb * sa],
    [cc * sb * ca + sc * sa, sc * sb * ca - cc * sa, cb * ca],
  ] as const;
  const [m00, m01, m02] = m[0].map((value) => value / radii[0]) as [number, number, number];
  const [m10, m11, m12] = m[1].map((value) => value / radii[1]) as [number, number, number];
  const [m20, m21, m22] = m[2].map((value) => value / radii[2]) as [number, number, number];
  const reach = ([0, 1, 2] as const).map((axis) => {
    const parts = ([0, 1, 2] as const).map((row) => Math.abs(m[row][axis]) * radii[row]);
    if (power === 4) return parts[0]! + parts[1]! + parts[2]!;
    return Math.sqrt(parts[0]! * parts[0]! + parts[1]! * parts[1]! + parts[2]! * parts[2]!);
  }) as [number, number, number];
  const [cx, cy, cz] = center;
  return {
    box: {
      low: [cx - reach[0], cy - reach[1], cz - reach[2]],
      high: [cx + reach[0], cy + reach[1], cz + reach[2]],
    },
    contains(x, y, z) {
      const dx = x - cx;
      const dy = y - cy;
      const dz = z - cz;
      const u = m00 * dx + m01 * dy + m02 * dz;
      const v = m10 * dx + m11 * dy + m12 * dz;
      const w = m20 * dx + m21 * dy + m22 * dz;
      if (power === 2) return u * u + v * v + w * w <= 1;
      return u * u * u * u + v * v * v * v + w * w * w * w <= 1;
    },
  };
}

/** Segment with round ends whose radius runs linearly from one end to the other. */
function segment(from: TubeNode, to: TubeNode): Shape {
  const [x0, y0, z0, r0] = from;
  const [x1, y1, z1, r1] = to;
  const [ux, uy, uz] = [x1 - x0, y1 - y0, z1 - z0];
  const inverse = 1 / Math.max(1e-9, ux * ux + uy * uy + uz * uz);
  const change = r1 - r0;
  return {
    box: {
      low: [Math.min(x0 - r0, x1 - r1), Math.min(y0 - r0, y1 - r1), Math.min(z0 - r0, z1 - r1)],
      high: [Math.max(x0 + r0, x1 + r1), Math.max(y0 + r0, y1 + r1), Math.max(z0 + r0, z1 + r1)],
    },
    contains(x, y, z) {
      const dx = x - x0;
      const dy = y - y0;
      const dz = z - z0;
      let t = (dx * ux + dy * uy + dz * uz) * inverse;
      t = t < 0 ? 0 : Math.min(t, 1);
      const ex = dx - t * ux;
      const ey = dy - t * uy;
      const ez = dz - t * uz;
      const r = r0 + t * change;
      return ex * ex + ey * ey + ez * ez <= r * r;
    },
  };
}

/** Tube through the nodes, one shape per segment so that each has a small box. */
export function tube(nodes: readonly TubeNode[]): Shape[] {
  const shapes: Shape[] = [];
  for (let n = 1; n < nodes.length; n++) shapes.push(segment(nodes[n - 1]!, nodes[n]!));
  return shapes;
}

/** The same nodes with every radius changed. */
export function inset(nodes: readonly TubeNode[], byMm: number): TubeNode[] {
  return nodes.map(([x, y, z, r]) => [x, y, z, Math.max(0.3, r - byMm)]);
}

/** Catmull-Rom curve through the nodes, `steps` pieces between neighbours. */
export function smoothCurve(nodes: readonly TubeNode[], steps: number): TubeNode[] {
  const result: TubeNode[] = [];
  for (let n = 0; n + 1 < nodes.length; n++) {
    const p0 = nodes[Math.max(0, n - 1)]!;
    const p1 = nodes[n]!;
    const p2 = nodes[n + 1]!;
    const p3 = nodes[Math.min(nodes.length - 1, n + 2)]!;
    for (let s = 0; s < steps; s++) {
      const t = s / steps;
      const at = (axis: 0 | 1 | 2 | 3) =>
        0.5 *
        (2 * p1[axis] +
          t *
            (p2[axis] -
              p0[axis] +
              t *
                (2 * p0[axis] -
                  5 * p1[axis] +
                  4 * p2[axis] -
                  p3[axis] +
                  t * (3 * (p1[axis] - p2[axis]) + p3[axis] - p0[axis]))));
      result.push([at(0), at(1), at(2), at(3)]);
    }
  }
  result.push(nodes.at(-1)!);
  return result;
}

/** Mirrored across the median plane (x → −x). */
export function mirrored(nodes: readonly TubeNode[]): TubeNode[] {
  return nodes.map(([x, y, z, r]) => [-x, y, z, r]);
}

/** What lies in the shape and passes the test. */
export function where(shape: Shape, test: (x: number, y: number, z: number) => boolean): Shape {
  return { box: shape.box, contains: (x, y, z) => shape.contains(x, y, z) && test(x, y, z) };
}
