import type { Vec3, Volume } from '@photopeak/imaging';
import { robustLeastSquares } from './least-squares.ts';
import { along } from './vector.ts';
import { type Ventricle, wallPoint } from './ventricle.ts';
import { sampler } from './wall-contrast.ts';

/** Air in the lung begins below this, HU. */
const LUNG_HU = -400;
/** The outer surface of the heart lies outside of the middle of the wall: half a wall and the pericardium, mm. */
const OUTSIDE_MM = 7;
/** How far inside and outside of that the border to the lung is looked for, mm. */
const REACH_MM = 30;
const STEP_MM = 1;
/** The border counts where the lung goes on behind it for so long, mm. */
const LUNG_MM = 8;
const MERIDIANS = 8;
const AROUND = 36;
const HUBER_MM = 2;
/** Borders further from the fit are of other things: chest wall, diaphragm, vessels. One round of the fit for each. */
const GATES_MM = [14, 10, 7, 5, 5, 5] as const;
/** A fit beyond this has found something else than the heart. */
const FURTHEST_MM = 25;
/** Fewer places with a border to the lung do not determine a shift. */
const FEWEST = 40;

export interface AttenuationAlignment {
  /** From the heart of the emission image to that of the CT, LPS mm. */
  readonly shiftMm: Vec3;
  readonly distanceMm: number;
  /** Share of the wall of the emission image that lies in the lung of the CT: there uptake is underestimated. */
  readonly wallInLung: number;
  /** Root mean square of what the shift does not explain, mm. */
  readonly residualMm: number;
}

/**
 * How far the heart of the CT that corrected for attenuation lies from that of the emission image. At each place of
 * the wall that faces the lung, the border between tissue and lung in the CT is looked for along the normal; the shift
 * that brings these borders to the outer surface of the wall is fitted by robust least squares. Undefined where too
 * few places face the lung, or where the fit runs away. Both volumes must be in one frame of reference.
 */
export function attenuationAlignment(ct: Volume, ventricle: Ventricle): AttenuationAlignment | undefined {
  const hounsfield = sampler(ct);
  const places: { readonly normal: Vec3; readonly mm: number }[] = [];
  let inLung = 0;
  for (let m = 0; m < MERIDIANS; m++)
    for (let a = 0; a < AROUND; a++) {
      const meridian = ((m + 0.5) / MERIDIANS) * (Math.PI / 2);
      const { position, normal } = wallPoint(ventricle, meridian, (a * 2 * Math.PI) / AROUND);
      if (hounsfield(...position) < LUNG_HU) inLung += 1;
      const mm = borderAt(hounsfield, along(position, normal, OUTSIDE_MM), normal);
      if (mm !== undefined) places.push({ normal, mm });
    }
  if (places.length < FEWEST) return undefined;
  const misfits = (x: Float64Array) =>
    Float64Array.from(
      places,
      ({ normal, mm }) => normal[0] * x[0]! + normal[1] * x[1]! + normal[2] * x[2]! - mm,
    );
  let found: Float64Array = new Float64Array(3);
  let weights = new Float64Array(places.length).fill(1);
  for (const gate of GATES_MM) {
    const options = { huber: HUBER_MM, iterations: 30 };
    found = robustLeastSquares((x) => ({ weights, values: misfits(x) }), found, options);
    weights = Float64Array.from(misfits(found), (mm) => (Math.abs(mm) <= gate ? 1 : 0));
  }
  const used = weights.reduce((sum, weight) => sum + weight, 0);
  if (used < FEWEST || Math.hypot(...found) > FURTHEST_MM) return undefined;
  const shiftMm: Vec3 = [found[0]!, found[1]!, found[2]!];
  const squares = misfits(found).reduce((sum, mm, n) => sum + weights[n]! * mm * mm, 0);
  return {
    shiftMm,
    distanceMm: Math.hypot(...shiftMm),
    wallInLung: inLung / (MERIDIANS * AROUND),
    residualMm: Math.sqrt(squares / used),
  };
}

/** Distance along the normal at which tissue turns into lung, nearest to the expected surface; undefined without one. */
function borderAt(
  hounsfield: (x: number, y: number, z: number) => number,
  surface: Vec3,
  normal: Vec3,
): number | undefined {
  const steps = Math.round((2 * REACH_MM + LUNG_MM) / STEP_MM);
  const values = Float64Array.from({ length: steps + 1 }, (_, n) =>
    hounsfield(...along(surface, normal, n * STEP_MM - REACH_MM)),
  );
  let nearest: number | undefined;
  for (let n = 1; n + LUNG_MM / STEP_MM <= steps; n++) {
    if (!(values[n - 1]! >= LUNG_HU && values[n]! < LUNG_HU)) continue;
    if (values.subarray(n, n + LUNG_MM / STEP_MM).some((value) => value >= LUNG_HU)) continue;
    const share = (values[n - 1]! - LUNG_HU) / (values[n - 1]! - values[n]!);
    const mm = (n - 1 + share) * STEP_MM - REACH_MM;
    if (nearest === undefined || Math.abs(mm) < Math.abs(nearest)) nearest = mm;
  }
  return nearest;
}
