import type { Mat4, Vec3 } from '@photopeak/imaging';
import { cos, PI, sin, smoothStep } from '../shared/exact-math.ts';
import { LatticeField } from '../shared/lattice-field.ts';
import type { Random } from '../shared/random.ts';
import type { Box } from './shapes.ts';

const LATTICE_MM = 16;
const WARP_KNOT_MM = 110;

/** How an anatomical millimetre becomes a millimetre of this patient in the frame of the reference state. */
export interface Placement {
  readonly scale: Vec3;
  readonly originMm: Vec3;
  /** How much longer the neck is than drawn; the head lies as much higher. */
  readonly neckStretch: number;
}

/** Heights between which the drawing has the neck: lower end of C7 to the top of C1. */
const NECK_MM = { low: 255, high: 346 } as const;

/** Height of a point of the drawing above the diaphragm in a person with this neck, before `scale`. */
export function withNeck(z: number, stretch: number): number {
  const part = Math.min(NECK_MM.high, Math.max(NECK_MM.low, z)) - NECK_MM.low;
  return z + (stretch - 1) * part;
}

/** The inverse of `withNeck`. */
function withoutNeck(z: number, stretch: number): number {
  if (z <= NECK_MM.low) return z;
  const part = Math.min(NECK_MM.high - NECK_MM.low, (z - NECK_MM.low) / stretch);
  return z - (stretch - 1) * part;
}

/** A point of the drawing in the frame of the reference state, without the individual bending. */
function placed({ scale, originMm, neckStretch }: Placement, [x, y, z]: Vec3): Vec3 {
  return [
    x * scale[0] + originMm[0],
    y * scale[1] + originMm[1],
    withNeck(z, neckStretch) * scale[2] + originMm[2],
  ];
}

/** A bounded region of patient space that holds the body, whatever its size. */
function bodyBounds(placement: Placement): { low: Vec3; high: Vec3 } {
  return { low: placed(placement, [-280, -190, -640]), high: placed(placement, [280, 190, 580]) };
}

/**
 * Individual shape: a smooth random displacement that bends outlines and organs by a few millimetres, so that
 * no two seeds differ by scale alone; on top of it how the person lies at a later visit (`posture`). Uniform cubic
 * B-spline with knots 110 mm apart.
 */
export function drawWarp(
  random: Random,
  placement: Placement,
  amplitudeMm: number,
  posture?: { readonly random: Random; readonly amplitudeMm: number },
): LatticeField {
  const bounds = bodyBounds(placement);
  const knots = ([0, 1, 2] as const).map(
    (axis) => Math.ceil((bounds.high[axis] - bounds.low[axis]) / WARP_KNOT_MM) + 4,
  ) as unknown as Vec3;
  const values = new Float32Array(knots[0] * knots[1] * knots[2] * 3);
  random.fillNormal(values);
  const moved = new Float32Array(posture === undefined ? 0 : values.length);
  posture?.random.fillNormal(moved);
  const weights = (t: number) => {
    const s = 1 - t;
    return [
      (s * s * s) / 6,
      (3 * t * t * t - 6 * t * t + 4) / 6,
      (3 * s * s * s - 6 * s * s + 4) / 6,
      (t * t * t) / 6,
    ];
  };
  return new LatticeField(bounds, LATTICE_MM, (x, y, z) => {
    const g = [x, y, z].map((value, axis) => (value - bounds.low[axis]!) / WARP_KNOT_MM);
    const base = g.map(Math.floor);
    const w = g.map((value, axis) => weights(value - base[axis]!));
    const out: [number, number, number] = [0, 0, 0];
    for (let c = 0; c < 4; c++) {
      for (let b = 0; b < 4; b++) {
        for (let a = 0; a < 4; a++) {
          const weight = w[0]![a]! * w[1]![b]! * w[2]![c]!;
          const at = (base[0]! + a + knots[0] * (base[1]! + b + knots[1] * (base[2]! + c))) * 3;
          for (let n = 0; n < 3; n++) {
            out[n]! += weight * values[at + n]! * amplitudeMm;
            if (posture !== undefined) out[n]! += weight * moved[at + n]! * posture.amplitudeMm;
          }
        }
      }
    }
    return out;
  });
}

/**
 * Breathing: where a point of the CT lies in the reference (PET) state, as a displacement in mm.
 *
 * Positive `mm` means that the CT was taken in deeper inspiration: its diaphragm lies `mm` lower (feet) than in PET,
 * so the displacement points to the head. It is largest at the right dome, fades to nothing at the lung apex, the
 * pelvis and the body wall; the front wall rises with it by a fifth.
 */
export function breathing(placement: Placement, mm: number): LatticeField {
  const { scale, originMm } = placement;
  return new LatticeField(bodyBounds(placement), LATTICE_MM, (px, py, pz) => {
    const x = (px - originMm[0]) / scale[0];
    const y = (py - originMm[1]) / scale[1];
    const z = (pz - originMm[2]) / scale[2];
    const above = 1 - smoothStep(-10, 215, z);
    const below = smoothStep(-330, -40, z);
    const along = above * above * below;
    const u = x / 150;
    const v = y / 108;
    const across = 1 - smoothStep(0.42, 1.02, u * u + v * v);
    const side = 1 - 0.15 * smoothStep(-20, 60, x);
    const rise = 0.2 * along * smoothStep(-10, -105, y) * (1 - smoothStep(0.5, 1.3, u * u));
    return [0, mm * rise, mm * along * across * side];
  });
}

/** Rotation about x, then y, then z in degrees around `center`, then a shift, as a 4×4 matrix. */
export function rigidMatrix(shiftMm: Vec3, rotationDegrees: Vec3, center: Vec3): Mat4 {
  const [a, b, c] = rotationDegrees.map((value) => (value * PI) / 180) as [number, number, number];
  const [sa, ca, sb, cb, sc, cc] = [sin(a), cos(a), sin(b), cos(b), sin(c), cos(c)];
  const r = [
    [cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa],
    [sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa],
    [-sb, cb * sa, cb * ca],
  ] as const;
  const t = ([0, 1, 2] as const).map(
    (row) =>
      center[row] + shiftMm[row] - (r[row][0] * center[0] + r[row][1] * center[1] + r[row][2] * center[2]),
  ) as [number, number, number];
  return [...r[0], t[0], ...r[1], t[1], ...r[2], t[2], 0, 0, 0, 1];
}

/** Inverse of a rigid 4×4 matrix. */
export function invertRigid(m: Mat4): Mat4 {
  const t = [m[3], m[7], m[11]] as const;
  const row = (a: number, b: number, c: number) => -(a * t[0] + b * t[1] + c * t[2]);
  return [
    m[0],
    m[4],
    m[8],
    row(m[0], m[4], m[8]),
    m[1],
    m[5],
    m[9],
    row(m[1], m[5], m[9]),
    m[2],
    m[6],
    m[10],
    row(m[2], m[6], m[10]),
    0,
    0,
    0,
    1,
  ];
}

export function applyRigid(m: Mat4, [x, y, z]: Vec3): Vec3 {
  return [
    m[0] * x + m[1] * y + m[2] * z + m[3],
    m[4] * x + m[5] * y + m[6] * z + m[7],
    m[8] * x + m[9] * y + m[10] * z + m[11],
  ];
}

/**
 * The way from a point in a scanner's frame of reference to the reference state of the patient and on to the
 * anatomical drawing. CT differs from PET by `breath`, PET from CT by `rigid`.
 */
export class Mapping {
  readonly placement: Placement;
  readonly #warp: LatticeField;
  readonly #breath: LatticeField | undefined;
  readonly #rigid: Mat4 | undefined;
  readonly #scratch = new Float64Array(3);

  constructor(placement: Placement, warp: LatticeField, motion: { breath?: LatticeField; rigid?: Mat4 }) {
    this.placement = placement;
    this.#warp = warp;
    this.#breath = motion.breath;
    this.#rigid = motion.rigid;
  }

  /** Scanner point to reference state. */
  toReference(x: number, y: number, z: number, out: Float64Array): void {
    const m = this.#rigid;
    if (m !== undefined) {
      out[0] = m[0] * x + m[1] * y + m[2] * z + m[3];
      out[1] = m[4] * x + m[5] * y + m[6] * z + m[7];
      out[2] = m[8] * x + m[9] * y + m[10] * z + m[11];
      return;
    }
    if (this.#breath === undefined) {
      out[0] = x;
      out[1] = y;
      out[2] = z;
      return;
    }
    this.#breath.sample(x, y, z, out);
    out[0]! += x;
    out[1]! += y;
    out[2]! += z;
  }

  /** Reference state to anatomical drawing. */
  toAnatomy(x: number, y: number, z: number, out: Float64Array): void {
    const { scale, originMm, neckStretch } = this.placement;
    this.#warp.sample(x, y, z, out);
    out[0] = (x - originMm[0] + out[0]!) / scale[0];
    out[1] = (y - originMm[1] + out[1]!) / scale[1];
    out[2] = withoutNeck((z - originMm[2] + out[2]!) / scale[2], neckStretch);
  }

  /** Scanner point of a point in the reference state, to 0.001 mm. */
  fromReference(point: Vec3): Vec3 {
    if (this.#rigid !== undefined) return applyRigid(invertRigid(this.#rigid), point);
    let [x, y, z] = point;
    for (let n = 0; n < 60; n++) {
      this.toReference(x, y, z, this.#scratch);
      const [dx, dy, dz] = [
        point[0] - this.#scratch[0]!,
        point[1] - this.#scratch[1]!,
        point[2] - this.#scratch[2]!,
      ];
      x += dx;
      y += dy;
      z += dz;
      if (dx * dx + dy * dy + dz * dz < 1e-8) break;
    }
    return [x, y, z];
  }

  /** Reference point of an anatomical point, to 0.001 mm. */
  fromAnatomy(point: Vec3): Vec3 {
    const { scale } = this.placement;
    let [x, y, z] = placed(this.placement, point);
    for (let n = 0; n < 60; n++) {
      this.toAnatomy(x, y, z, this.#scratch);
      const [dx, dy, dz] = [0, 1, 2].map(
        (axis) => (point[axis]! - this.#scratch[axis]!) * scale[axis]!,
      ) as unknown as Vec3;
      x += dx;
      y += dy;
      z += dz;
      if (dx * dx + dy * dy + dz * dz < 1e-8) break;
    }
    return [x, y, z];
  }

  /** Box in scanner coordinates that surely holds everything an anatomical box holds. */
  scannerBox(box: Box): Box {
    const straight = { low: placed(this.placement, box.low), high: placed(this.placement, box.high) };
    return this.#turned(this.#breathed(pulledBack(straight, this.#warp)));
  }

  #breathed(box: Box): Box {
    return this.#breath === undefined ? box : pulledBack(box, this.#breath);
  }

  /** Box in scanner coordinates that holds a ball of the reference state. */
  scannerBall(center: Vec3, radiusMm: number): Box {
    const box = {
      low: [center[0] - radiusMm, center[1] - radiusMm, center[2] - radiusMm] as const,
      high: [center[0] + radiusMm, center[1] + radiusMm, center[2] + radiusMm] as const,
    };
    return this.#turned(this.#breathed(box));
  }

  #turned(box: Box): Box {
    if (this.#rigid === undefined) return box;
    const inverse = invertRigid(this.#rigid);
    const low: [number, number, number] = [Infinity, Infinity, Infinity];
    const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
    for (let corner = 0; corner < 8; corner++) {
      const point = applyRigid(inverse, [
        (corner & 1 ? box.high : box.low)[0],
        (corner & 2 ? box.high : box.low)[1],
        (corner & 4 ? box.high : box.low)[2],
      ]);
      for (let axis = 0; axis < 3; axis++) {
        low[axis] = Math.min(low[axis]!, point[axis]!);
        high[axis] = Math.max(high[axis]!, point[axis]!);
      }
    }
    return { low, high };
  }
}

/** Bounds of the points x with x + field(x) in the box: first with the field's largest value, then with local ones. */
function pulledBack(box: Box, field: LatticeField): Box {
  const reach = field.largestMm;
  let low: Vec3 = [box.low[0] - reach, box.low[1] - reach, box.low[2] - reach];
  let high: Vec3 = [box.high[0] + reach, box.high[1] + reach, box.high[2] + reach];
  for (let n = 0; n < 2; n++) {
    const { least, most } = field.range(low, high);
    low = [box.low[0] - most[0], box.low[1] - most[1], box.low[2] - most[2]];
    high = [box.high[0] - least[0], box.high[1] - least[1], box.high[2] - least[2]];
  }
  return { low, high };
}
