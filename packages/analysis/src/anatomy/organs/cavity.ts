import { emptyVolume, type Mask, type Volume } from '@photopeak/imaging';
import { median } from '../../numbers/index.ts';
import { ANATOMY_LABELS } from '../labels.ts';
import type { Landmarks } from '../landmarks.ts';

const ANGLES = 72;
const STEP_MM = 2;
/** The middle of the rays lies so far in front of the vertebrae, or in the middle of the body where that is less. */
const BEFORE_SPINE_MM = 45;
/** Ribs are seen from slice to slice and angle to angle with gaps between them; the wall is as far in as the ribs near by. */
const GAP_MM = 16;
const GAP_ANGLES = 2;
/** From the inner edge of a rib to what lies inside; thickness of the muscles of belly and loin. */
const INSIDE_RIB_MM = 3;
const WALL_MM = 12;
/** A hit nearer than this share of the way to the skin is contrast medium or calcium in an organ, not the wall. */
const NEAREST_HIT = 0.45;
const SKIN_MM = 8;
const MUSCLE_HU = -20;
/** Beside the spine the cavity reaches back, and at most so far behind the front of the vertebrae. */
const BEHIND_FRONT_MM = 62;
const SPINE_HALF_MM = 20;
const BACKWARD_SLOPE = 1.6;
/** Bone in this box is vertebra, not wall. */
const VERTEBRA_HALF_MM = 48;

/** Radius to the wall for every slice and angle, NaN where there is none. */
function measureWall(ct: Volume, labels: Volume, marks: Landmarks) {
  const [nx, ny, nz] = labels.size;
  const mm = labels.spacingMm[0];
  const ribs = new Float64Array(nz * ANGLES).fill(Number.NaN);
  const walls = new Float64Array(nz * ANGLES).fill(Number.NaN);
  const centreX = new Float64Array(nz).fill(Number.NaN);
  const centreY = new Float64Array(nz).fill(Number.NaN);
  for (let k = 0; k < nz; k++) {
    const front = marks.frontY[k]!;
    const back = marks.backY[k]!;
    const x0 = Number.isNaN(marks.spineX[k]!) ? marks.midX[k]! : marks.spineX[k]!;
    if (Number.isNaN(front + back + x0)) continue;
    const spine = Number.isNaN(marks.spineFrontY[k]!) ? front + 0.62 * (back - front) : marks.spineFrontY[k]!;
    const y0 = Math.max((front + spine) / 2, spine - BEFORE_SPINE_MM);
    centreX[k] = x0;
    centreY[k] = y0;
    for (let a = 0; a < ANGLES; a++) {
      const angle = (2 * Math.PI * a) / ANGLES;
      const [dx, dy] = [Math.sin(angle), -Math.cos(angle)];
      const at = (r: number) => {
        const i = Math.round((x0 + dx * r - labels.origin[0]) / mm);
        const j = Math.round((y0 + dy * r - labels.origin[1]) / mm);
        return i < 0 || j < 0 || i >= nx || j >= ny ? -1 : i + nx * (j + ny * k);
      };
      let skin = 0;
      for (let r = 0; ; r += STEP_MM) {
        const n = at(r);
        if (n < 0 || labels.data[n] === ANATOMY_LABELS.outside) break;
        skin = r;
      }
      for (let r = NEAREST_HIT * skin; r < skin; r += STEP_MM) {
        if (labels.data[at(r)] !== ANATOMY_LABELS.bone) continue;
        if (Math.abs(dx * r) < VERTEBRA_HALF_MM && y0 + dy * r > spine - 5) continue;
        ribs[k * ANGLES + a] = r;
        break;
      }
      let r = skin - SKIN_MM;
      while (r > 0.4 * skin && ct.data[at(r)]! < MUSCLE_HU) r -= STEP_MM;
      walls[k * ANGLES + a] = r;
    }
  }
  return { ribs, walls, centreX, centreY };
}

/**
 * The inside of chest, belly and pelvis: rays from before the spine end at the ribs and pelvic bones, where there are
 * none at the inner side of the muscular wall, and never behind the spine. `ct` and `labels` lie on a patient grid.
 */
export function trunkCavity(ct: Volume, labels: Volume<Uint8Array>, marks: Landmarks): Mask {
  const cavity = emptyVolume(labels, 'uint8', '1');
  const [nx, ny, nz] = labels.size;
  const mm = labels.spacingMm[0];
  const { ribs, walls, centreX, centreY } = measureWall(ct, labels, marks);
  const reach = Math.max(1, Math.round(GAP_MM / labels.spacingMm[2]));
  const raw = new Float64Array(nz * ANGLES).fill(Number.NaN);
  for (let k = 0; k < nz; k++)
    for (let a = 0; a < ANGLES; a++) {
      let rib = Number.POSITIVE_INFINITY;
      for (let c = Math.max(0, k - reach); c <= Math.min(nz - 1, k + reach); c++)
        for (let b = a - GAP_ANGLES; b <= a + GAP_ANGLES; b++) {
          const hit = ribs[c * ANGLES + ((b + ANGLES) % ANGLES)]!;
          if (hit < rib) rib = hit;
        }
      const wall = walls[k * ANGLES + a]! - WALL_MM;
      const inside = Math.min(rib - INSIDE_RIB_MM, wall);
      if (Number.isFinite(inside)) raw[k * ANGLES + a] = inside;
    }
  const smooth = new Float64Array(nz * ANGLES).fill(Number.NaN);
  for (let k = 0; k < nz; k++)
    for (let a = 0; a < ANGLES; a++) {
      const near: number[] = [];
      for (let c = Math.max(0, k - 2); c <= Math.min(nz - 1, k + 2); c++)
        for (let b = a - 1; b <= a + 1; b++) {
          const r = raw[c * ANGLES + ((b + ANGLES) % ANGLES)]!;
          if (!Number.isNaN(r)) near.push(r);
        }
      smooth[k * ANGLES + a] = median(near);
    }
  for (let k = 0; k < nz; k++) {
    if (Number.isNaN(centreX[k]!)) continue;
    const front = Number.isNaN(marks.spineFrontY[k]!) ? centreY[k]! + BEFORE_SPINE_MM : marks.spineFrontY[k]!;
    for (let j = 0; j < ny; j++) {
      const y = labels.origin[1] + j * mm;
      if (y > front + BEHIND_FRONT_MM) continue;
      for (let i = 0; i < nx; i++) {
        const n = i + nx * (j + ny * k);
        if (labels.data[n] === ANATOMY_LABELS.outside) continue;
        const dx = labels.origin[0] + i * mm - centreX[k]!;
        const dy = y - centreY[k]!;
        if (y - front > Math.max(0, (Math.abs(dx) - SPINE_HALF_MM) * BACKWARD_SLOPE)) continue;
        const turn = (Math.atan2(dx, -dy) / (2 * Math.PI)) * ANGLES;
        const low = Math.floor(turn);
        const t = turn - low;
        const r0 = smooth[k * ANGLES + ((low + ANGLES) % ANGLES)]!;
        const r1 = smooth[k * ANGLES + ((low + 1 + ANGLES) % ANGLES)]!;
        if (dx * dx + dy * dy <= (r0 + t * (r1 - r0)) ** 2) cavity.data[n] = 1;
      }
    }
  }
  return cavity;
}
