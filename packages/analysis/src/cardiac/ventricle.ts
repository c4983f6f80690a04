import type { Vec3 } from '@photopeak/imaging';
import { along, cross, dot, unit } from './vector.ts';

/**
 * The middle of the wall of a left ventricle: half an ellipsoid of revolution around the long axis, cut at the valve
 * plane. LPS mm.
 */
export interface Ventricle {
  /** Centre of the ellipsoid, on the long axis. */
  readonly centre: Vec3;
  /** Unit vector from base to apex. */
  readonly axis: Vec3;
  /** Unit vector of the short axis from the centre to the anterior wall. */
  readonly anterior: Vec3;
  /** Unit vector of the short axis from the centre to the lateral wall. */
  readonly lateral: Vec3;
  /** Radius of the middle of the wall at the centre, mm. */
  readonly radiusMm: number;
  /** From the centre to the middle of the wall at the apex, mm. */
  readonly lengthMm: number;
  /** From the centre to the valve plane, mm; positive where the wall goes on beyond the centre. */
  readonly basalMm: number;
  /** How much further the valve plane lies at the lateral and at the anterior wall than on the axis, mm. */
  readonly basalTiltMm: readonly [lateral: number, anterior: number];
}

/** Directions of the short axis, with the long axis. */
export type ShortAxes = Pick<Ventricle, 'axis' | 'anterior' | 'lateral'>;

/**
 * Short axes of a long axis: anterior is where `head` points, seen along the long axis; in the usual display, apex
 * towards the viewer, it is up and lateral is to the right.
 */
export function shortAxes(axis: Vec3, head: Vec3 = [0, 0, 1]): ShortAxes {
  const anterior = unit(along(head, axis, -dot(head, axis)));
  return { axis, anterior, lateral: cross(anterior, axis) };
}

/** A place on the middle of the wall and the outward normal there. */
export interface WallPoint {
  readonly position: Vec3;
  readonly normal: Vec3;
}

/**
 * Point of the wall at a parametric angle (0 at the apex, π/2 at the centre) and an angle around the axis (0 lateral,
 * π/2 anterior, π septal, 3π/2 inferior).
 */
export function wallPoint(ventricle: Ventricle, meridian: number, around: number): WallPoint {
  const { centre, axis, anterior, lateral, radiusMm, lengthMm } = ventricle;
  const sine = Math.sin(meridian);
  const cosine = Math.cos(meridian);
  const right = Math.cos(around);
  const up = Math.sin(around);
  const across: Vec3 = [
    right * lateral[0] + up * anterior[0],
    right * lateral[1] + up * anterior[1],
    right * lateral[2] + up * anterior[2],
  ];
  const position = along(along(centre, axis, lengthMm * cosine), across, radiusMm * sine);
  // The gradient of the ellipsoid: (cos/L, sin/R).
  const axial = cosine / lengthMm;
  const radial = sine / radiusMm;
  const length = Math.hypot(axial, radial);
  return { position, normal: along(along([0, 0, 0], axis, axial / length), across, radial / length) };
}

/** Parametric angle at the valve plane, at an angle around the axis. */
function basalAngle({ basalMm, basalTiltMm, lengthMm }: Ventricle, around: number): number {
  const mm = basalMm + basalTiltMm[0] * Math.cos(around) + basalTiltMm[1] * Math.sin(around);
  return Math.PI / 2 + Math.asin(Math.max(-0.9, Math.min(0.9, mm / lengthMm)));
}

const STEPS = 512;

/** Rings of equal arc length from apex to valve plane along one meridian. */
export interface Rings {
  /** Parametric angles of their middles. */
  readonly angles: readonly number[];
  /** Area of each ring per radian around the axis, mm². */
  readonly areas: readonly number[];
  /** Arc length from the apex to the valve plane, mm. */
  readonly lengthMm: number;
}

export function equalRings(ventricle: Ventricle, rings: number, around: number): Rings {
  const { radiusMm, lengthMm } = ventricle;
  const step = basalAngle(ventricle, around) / STEPS;
  const arc = new Float64Array(STEPS + 1);
  const area = new Float64Array(STEPS + 1);
  for (let n = 1; n <= STEPS; n++) {
    const angle = (n - 0.5) * step;
    const piece = Math.hypot(radiusMm * Math.cos(angle), lengthMm * Math.sin(angle)) * step;
    arc[n] = arc[n - 1]! + piece;
    area[n] = area[n - 1]! + piece * radiusMm * Math.sin(angle);
  }
  /** Step (with fraction) at a share of the arc length. */
  const stepAt = (share: number): number => {
    const wanted = share * arc[STEPS]!;
    let n = 1;
    while (n < STEPS && arc[n]! < wanted) n++;
    return n - 1 + (wanted - arc[n - 1]!) / (arc[n]! - arc[n - 1]!);
  };
  const areaAt = (at: number): number => {
    const low = Math.min(STEPS - 1, Math.floor(at));
    return area[low]! + (area[low + 1]! - area[low]!) * (at - low);
  };
  return {
    angles: Array.from({ length: rings }, (_, ring) => stepAt((ring + 0.5) / rings) * step),
    areas: Array.from(
      { length: rings },
      (_, ring) => areaAt(stepAt((ring + 1) / rings)) - areaAt(stepAt(ring / rings)),
    ),
    lengthMm: arc[STEPS]!,
  };
}

/** Volume inside an ellipsoid of revolution from the valve plane to its apex, ml. */
function cutEllipsoidMl(radius: number, length: number, basal: number): number {
  if (radius <= 0 || length <= 0) return 0;
  const part = (2 * length) / 3 + basal - basal ** 3 / (3 * length ** 2);
  return (Math.PI * radius ** 2 * part) / 1000;
}

/** Volumes of cavity and muscle for a thickness of the wall around the middle, ml. */
export function volumesMl(
  { radiusMm, lengthMm, basalMm }: Ventricle,
  wallMm: number,
): { readonly cavity: number; readonly muscle: number } {
  const cavity = cutEllipsoidMl(radiusMm - wallMm / 2, lengthMm - wallMm / 2, basalMm);
  return { cavity, muscle: cutEllipsoidMl(radiusMm + wallMm / 2, lengthMm + wallMm / 2, basalMm) - cavity };
}

/** The thickness at which the wall holds a given volume of muscle, mm. */
export function wallOfMuscle(ventricle: Ventricle, muscleMl: number): number {
  let low = 0.5;
  let high = 1.9 * ventricle.radiusMm;
  for (let n = 0; n < 40; n++) {
    const middle = (low + high) / 2;
    if (volumesMl(ventricle, middle).muscle < muscleMl) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
