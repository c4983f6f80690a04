import type { Vec3 } from '@photopeak/imaging';
import { isClosed, type PlanarContour, pointOf } from './contour.ts';

/** Contours closer than this along their normal lie in one plane. */
const SAME_PLANE_MM = 0.05;

export const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** Vector area of a closed polygon (Newell): its direction is the normal, its length the area in mm². */
export function vectorArea(points: Float64Array): Vec3 {
  const count = points.length / 3;
  let area: Vec3 = [0, 0, 0];
  if (count < 3) return area;
  const first = pointOf(points, 0);
  for (let index = 1; index + 1 < count; index++) {
    const a = pointOf(points, index);
    const b = pointOf(points, index + 1);
    const part = cross(
      [a[0] - first[0], a[1] - first[1], a[2] - first[2]],
      [b[0] - first[0], b[1] - first[1], b[2] - first[2]],
    );
    area = [area[0] + part[0] / 2, area[1] + part[1] / 2, area[2] + part[2] / 2];
  }
  return area;
}

export interface ContourPlane {
  /** Position along the normal in mm. */
  readonly offsetMm: number;
  readonly contours: readonly PlanarContour[];
}

export interface ContourStack {
  readonly normal: Vec3;
  readonly planes: readonly ContourPlane[];
  /** Median distance of neighbouring planes, undefined for a single plane. */
  readonly spacingMm: number | undefined;
}

/** Sorts the closed contours of a region into parallel planes; undefined when none encloses an area. */
export function stackContours(contours: readonly PlanarContour[]): ContourStack | undefined {
  const closed = contours.filter((contour) => isClosed(contour) && contour.points.length >= 9);
  let normal: Vec3 | undefined;
  let largest = 0;
  for (const contour of closed) {
    const area = vectorArea(contour.points);
    const size = Math.hypot(...area);
    if (size > largest) {
      largest = size;
      normal = [area[0] / size, area[1] / size, area[2] / size];
    }
  }
  if (normal === undefined) return undefined;
  const n = normal;
  const placed = closed
    .map((contour) => {
      const count = contour.points.length / 3;
      let sum = 0;
      for (let index = 0; index < count; index++) sum += dot(n, pointOf(contour.points, index));
      return { contour, offsetMm: sum / count };
    })
    .sort((a, b) => a.offsetMm - b.offsetMm);
  const planes: { offsetMm: number; contours: PlanarContour[] }[] = [];
  for (const { contour, offsetMm } of placed) {
    const last = planes.at(-1);
    if (last !== undefined && offsetMm - last.offsetMm <= SAME_PLANE_MM) last.contours.push(contour);
    else planes.push({ offsetMm, contours: [contour] });
  }
  const gaps = planes.slice(1).map((plane, index) => plane.offsetMm - planes[index]!.offsetMm);
  gaps.sort((a, b) => a - b);
  return { normal: n, planes, spacingMm: gaps[Math.floor((gaps.length - 1) / 2)] };
}

/**
 * The plane that stands for the position: the nearest one, if the position is within half a spacing of it. The half
 * interval is closed at its lower end only, so that each position belongs to one plane.
 */
export function planeAt(stack: ContourStack, offsetMm: number, spacingMm: number): ContourPlane | undefined {
  const { planes } = stack;
  let low = 0;
  let high = planes.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (planes[middle]!.offsetMm <= offsetMm) low = middle;
    else high = middle;
  }
  const [below, above] = [planes[low]!, planes[high]!];
  const half = spacingMm / 2;
  const slack = spacingMm * 1e-4;
  // Half way between two planes the upper one is meant, as the half interval is closed at its lower end.
  const isAbove = Math.abs(above.offsetMm - offsetMm) <= Math.abs(below.offsetMm - offsetMm) + slack;
  const plane = isAbove ? above : below;
  const distance = offsetMm - plane.offsetMm;
  return distance >= -half - slack && distance < half - slack ? plane : undefined;
}

/** A plane of contours with what it stands for along the normal. */
export interface PlaneSlab {
  readonly contours: readonly PlanarContour[];
  /** Position along the normal where the slab begins. */
  readonly fromMm: number;
  readonly thicknessMm: number;
  /** What the contours enclose together by the even-odd rule, where they are nested and do not cross. */
  readonly areaMm2: number;
}

/** Neighbours further away than so many spacings leave a gap between them. */
const GAP_SPACINGS = 1.5;

/** The slabs of a stack: half way to the next plane on both sides, and half a spacing where there is none. */
export function slabsOf({ planes, normal }: ContourStack, spacingMm: number): readonly PlaneSlab[] {
  const reach = (gap: number | undefined) =>
    gap === undefined || gap > GAP_SPACINGS * spacingMm ? spacingMm / 2 : gap / 2;
  return planes.map(({ contours, offsetMm }, index) => {
    const before = index === 0 ? undefined : offsetMm - planes[index - 1]!.offsetMm;
    const after = index + 1 === planes.length ? undefined : planes[index + 1]!.offsetMm - offsetMm;
    const [below, above] = [reach(before), reach(after)];
    // Signed areas: an inner contour that runs the other way takes away; one that runs alike is counted as it is,
    // which is enough for choosing the size of samples.
    const area = contours.reduce((sum, { points }) => sum + dot(normal, vectorArea(points)), 0);
    return { contours, fromMm: offsetMm - below, thicknessMm: below + above, areaMm2: Math.abs(area) };
  });
}
