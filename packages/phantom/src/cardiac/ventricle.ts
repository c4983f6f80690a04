import type { Vec3 } from '@photopeak/imaging';
import { PI, sin, square } from '../shared/exact-math.ts';

/**
 * A left ventricle as a half ellipsoid of revolution that is cut at the valve plane: the middle of its wall, and the
 * thickness around it. Lengths in mm.
 */
export interface VentricleShape {
  /** Centre of the ellipsoid on the long axis, LPS mm: its widest place. */
  readonly centre: Vec3;
  /** Unit vector from base to apex, LPS. */
  readonly axis: Vec3;
  /** Radius of the middle of the wall at the centre. */
  readonly radiusMm: number;
  /** From the centre to the middle of the wall at the apex. */
  readonly lengthMm: number;
  /** How far the ventricle goes on from the centre to the valve plane. */
  readonly basalMm: number;
  readonly wallMm: number;
}

/** Directions of the short axis: `lateral` is to the right of the picture, `anterior` up. */
export interface ShortAxisFrame {
  readonly axis: Vec3;
  readonly lateral: Vec3;
  readonly anterior: Vec3;
}

const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const scaled = (a: Vec3, s: number): Vec3 => [a[0] * s, a[1] * s, a[2] * s];
export const unit = (a: Vec3): Vec3 => scaled(a, 1 / Math.sqrt(dot(a, a)));

/** Anterior is where the patient's head is, seen along the long axis (the convention of the vertical long axis). */
export function shortAxisFrame(axis: Vec3): ShortAxisFrame {
  const head: Vec3 = [0, 0, 1];
  const along = dot(head, axis);
  const anterior = unit([head[0] - along * axis[0], head[1] - along * axis[1], head[2] - along * axis[2]]);
  return { axis, anterior, lateral: cross(anterior, axis) };
}

/** Volume inside an ellipsoid of revolution from `-basal` to its apex, ml. */
function cutEllipsoidMl(radius: number, length: number, basal: number): number {
  const part = (2 * length) / 3 + basal - (basal * basal * basal) / (3 * length * length);
  return (PI * radius * radius * part) / 1000;
}

/** Volume of the cavity, ml. */
export function cavityMl({ radiusMm, lengthMm, basalMm, wallMm }: VentricleShape): number {
  return cutEllipsoidMl(radiusMm - wallMm / 2, lengthMm - wallMm / 2, basalMm);
}

/** Volume of the wall, ml. */
export function wallMl(shape: VentricleShape): number {
  const { radiusMm, lengthMm, basalMm, wallMm } = shape;
  return cutEllipsoidMl(radiusMm + wallMm / 2, lengthMm + wallMm / 2, basalMm) - cavityMl(shape);
}

/** The same muscle around another cavity: the thickness whose wall has `targetMl`. */
export function withWallVolume(shape: VentricleShape, targetMl: number): VentricleShape {
  let low = 1;
  let high = 2 * Math.min(shape.radiusMm, shape.lengthMm) - 1;
  for (let n = 0; n < 50; n++) {
    const middle = (low + high) / 2;
    if (wallMl({ ...shape, wallMm: middle }) < targetMl) low = middle;
    else high = middle;
  }
  return { ...shape, wallMm: (low + high) / 2 };
}

/**
 * Arc length along the middle of the wall from the apex, as a share of that from apex to valve plane, by the
 * parametric angle: 0 at the apex, π/2 at the centre.
 */
export class Meridian {
  readonly lengthMm: number;
  /** Parametric angle at the valve plane. */
  readonly lastAngle: number;
  readonly #shares: Float64Array;

  static readonly STEPS = 256;

  constructor({ radiusMm, lengthMm, basalMm }: VentricleShape) {
    const base = basalMm / lengthMm;
    this.lastAngle = PI / 2 + arcSine(base);
    const steps = Meridian.STEPS;
    this.#shares = new Float64Array(steps + 1);
    let sum = 0;
    const step = this.lastAngle / steps;
    for (let n = 1; n <= steps; n++) {
      const angle = (n - 0.5) * step;
      const along = radiusMm * sin(angle + PI / 2);
      const down = lengthMm * sin(angle);
      sum += Math.sqrt(square(along) + square(down)) * step;
      this.#shares[n] = sum;
    }
    this.lengthMm = sum;
    for (let n = 0; n <= steps; n++) this.#shares[n] = this.#shares[n]! / sum;
  }

  /** Share of the arc length, 0 to 1, at a parametric angle. */
  share(angle: number): number {
    const at = Math.min(Meridian.STEPS, Math.max(0, (angle / this.lastAngle) * Meridian.STEPS));
    const low = Math.min(Meridian.STEPS - 1, Math.floor(at));
    return this.#shares[low]! + (this.#shares[low + 1]! - this.#shares[low]!) * (at - low);
  }
}

/** Inverse sine by Newton's method, for |x| well below 1. */
function arcSine(x: number): number {
  let angle = x;
  for (let n = 0; n < 8; n++) angle -= (sin(angle) - x) / sin(angle + PI / 2);
  return angle;
}

/** Angle of (x, y) in radians from 0 to 2π; absolute error below 2e-8. */
export function angleOf(x: number, y: number): number {
  const a = Math.abs(x);
  const b = Math.abs(y);
  if (a === 0 && b === 0) return 0;
  const t = a > b ? b / a : a / b;
  // arctan t = 2 arctan(t / (1 + √(1 + t²))), twice, then a short series.
  const half = t / (1 + Math.sqrt(1 + t * t));
  const quarter = half / (1 + Math.sqrt(1 + half * half));
  const s = quarter * quarter;
  let series = 0;
  for (let n = 13; n >= 1; n -= 2) series = 1 / n - s * series;
  let angle = 4 * quarter * series;
  if (b > a) angle = PI / 2 - angle;
  if (x < 0) angle = PI - angle;
  return y < 0 ? 2 * PI - angle : angle;
}
