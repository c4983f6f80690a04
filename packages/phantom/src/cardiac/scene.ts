import type { Vec3 } from '@photopeak/imaging';
import { PI, square } from '../shared/exact-math.ts';
import type { DefectRequest } from './options.ts';
import { angleOf, Meridian, type ShortAxisFrame, shortAxisFrame, type VentricleShape } from './ventricle.ts';

/** An ellipsoid along the axes of the patient. */
export interface Blob {
  readonly centre: Vec3;
  readonly radiiMm: Vec3;
  readonly uptake: number;
}

export interface Torso {
  readonly halfWidthMm: number;
  readonly halfDepthMm: number;
  readonly lungs: readonly Blob[];
  readonly tissue: number;
  readonly lung: number;
}

/** Everything that has uptake; normal wall of the left ventricle is 1. */
export interface HeartScene {
  readonly shape: VentricleShape;
  readonly defects: readonly DefectRequest[];
  readonly torso: Torso;
  /** Liver, bowel, stomach. */
  readonly blobs: readonly Blob[];
  readonly blood: number;
  /** How much further the wall goes on at the lateral and at the anterior side. */
  readonly valveTiltMm: readonly [lateral: number, anterior: number];
  /** Uptake of the wall of the right ventricle. */
  readonly right: number;
  /** Photons that reach the camera from a place of the wall, by angle in radians and share of its length. */
  readonly transmission: (angle: number, share: number) => number;
}

const inside = ({ centre, radiiMm }: Blob, x: number, y: number, z: number): boolean =>
  square((x - centre[0]) / radiiMm[0]) +
    square((y - centre[1]) / radiiMm[1]) +
    square((z - centre[2]) / radiiMm[2]) <=
  1;

const turned = (angle: number, from: number): number => {
  const difference = angle - from;
  return difference - 2 * PI * Math.round(difference / (2 * PI));
};

/** True within the sector and the part of the wall that a defect covers. */
export function isInDefect(defect: DefectRequest, angle: number, share: number): boolean {
  const middle = (defect.angleDegrees * PI) / 180;
  const half = (defect.widthDegrees * PI) / 360;
  return share >= defect.from && share <= defect.to && Math.abs(turned(angle, middle)) <= half;
}

/** Right ventricle: a thinner shell on the septal side. */
const RIGHT_WALL_MM = 4;

/** Uptake at any point of the patient, LPS mm. */
export class HeartField {
  readonly #scene: HeartScene;
  readonly #frame: ShortAxisFrame;
  readonly #meridian: Meridian;
  readonly detail: { readonly centre: Vec3; readonly radiusMm: number };

  constructor(scene: HeartScene) {
    this.#scene = scene;
    this.#frame = shortAxisFrame(scene.shape.axis);
    this.#meridian = new Meridian(scene.shape);
    const { centre, lengthMm, wallMm } = scene.shape;
    this.detail = { centre, radiusMm: lengthMm + wallMm };
  }

  at(x: number, y: number, z: number): number {
    const { shape } = this.#scene;
    const { axis, lateral, anterior } = this.#frame;
    const dx = x - shape.centre[0];
    const dy = y - shape.centre[1];
    const dz = z - shape.centre[2];
    const along = dx * axis[0] + dy * axis[1] + dz * axis[2];
    const right = dx * lateral[0] + dy * lateral[1] + dz * lateral[2];
    const up = dx * anterior[0] + dy * anterior[1] + dz * anterior[2];
    return this.#ventricle(along, right, up) ?? this.#rest(x, y, z, along, right, up);
  }

  #ventricle(along: number, right: number, up: number): number | undefined {
    const { shape, defects, blood, transmission } = this.#scene;
    const { radiusMm, lengthMm, basalMm, wallMm } = shape;
    const [lateralMm, anteriorMm] = this.#scene.valveTiltMm;
    if (along < -basalMm - (lateralMm * right + anteriorMm * up) / radiusMm) return undefined;
    const across = Math.sqrt(right * right + up * up);
    const half = wallMm / 2;
    const outer = square(across / (radiusMm + half)) + square(along / (lengthMm + half));
    if (outer > 1) return undefined;
    const inner = square(across / (radiusMm - half)) + square(along / (lengthMm - half));
    if (inner < 1) return blood;
    const share = this.#meridian.share(angleOf(along / lengthMm, across / radiusMm));
    const angle = angleOf(right, up);
    const middle = square(across / radiusMm) + square(along / lengthMm);
    // Where in the wall, 0 at the inner and 1 at the outer surface, from the three ellipsoids.
    const place = inner <= 1 ? 0 : outer >= 1 ? 1 : 0.5 + ((Math.sqrt(middle) - 1) * radiusMm) / wallMm;
    let uptake = 1;
    for (const defect of defects) {
      if (isInDefect(defect, angle, share) && place <= (defect.depth ?? 1))
        uptake = Math.min(uptake, defect.uptake);
    }
    return uptake * transmission(angle, share);
  }

  #rest(x: number, y: number, z: number, along: number, right: number, up: number): number {
    const { shape, torso, blobs, blood } = this.#scene;
    for (const blob of blobs) if (inside(blob, x, y, z)) return blob.uptake;
    // The right ventricle: an ellipsoid beside the septum, its free wall has uptake.
    const radius = shape.radiusMm * 1.15;
    const length = shape.lengthMm * 0.85;
    const offset = right + shape.radiusMm * 0.75;
    if (along > -shape.basalMm && right < 0) {
      const outer = square(offset / radius) + square(up / (radius * 0.95)) + square(along / length);
      if (outer <= 1) {
        const shrink = 1 - RIGHT_WALL_MM / radius;
        const isWall =
          square(offset / (radius * shrink)) +
            square(up / (radius * 0.95 * shrink)) +
            square(along / (length * shrink)) >
          1;
        return isWall ? this.#scene.right : blood;
      }
    }
    if (square(x / torso.halfWidthMm) + square(y / torso.halfDepthMm) > 1) return 0;
    for (const lung of torso.lungs) if (inside(lung, x, y, z)) return torso.lung;
    return torso.tissue;
  }
}
