import { ANATOMY_LABELS } from '../labels.ts';
import type { NamedVertebra } from './spine.ts';
import { sliceAt, type Trunk } from './trunk.ts';

/** Areas of tissue in the axial plane through the middle of L3. */
export interface BodyComposition {
  readonly level: 'L3';
  /** Height of the plane, LPS mm. */
  readonly z: number;
  readonly muscleMm2: number;
  readonly subcutaneousFatMm2: number;
  readonly visceralFatMm2: number;
  /** Probability that the plane is that of L3. */
  readonly confidence: number;
  readonly findings: readonly string[];
}

/** HU of muscle and of fat, as the literature on sarcopenia has them (Mourtzakis 2008, Prado 2008). */
const MUSCLE_HU = [-29, 150] as const;
const SUBCUTANEOUS_HU = [-190, -30] as const;
const VISCERAL_HU = [-150, -50] as const;
/** The muscles inside the cavity lie beside and behind the front of the vertebrae. */
const PSOAS_SIDE_MM = 72;
const PSOAS_FRONT_MM = 12;
const SKIN_MM = 4;

/**
 * Muscle and fat at L3 (cross-section areas). Undefined where L3 is not in the scan. The trunk alone counts: arms
 * beside it are left out. `labels` are `ORGAN_LABELS` on the grid of the trunk.
 */
export function bodyComposition(
  trunk: Trunk,
  labels: Uint8Array,
  vertebrae: readonly NamedVertebra[],
): BodyComposition | undefined {
  const l3 = vertebrae.find(({ name }) => name === 'L3');
  if (l3 === undefined || l3.isCut) return undefined;
  const z = (l3.topZ + l3.bottomZ) / 2;
  const k = sliceAt(trunk, z);
  const [nx, ny] = trunk.labels.size;
  const mm = trunk.labels.spacingMm[0];
  const base = nx * ny * k;
  const inTrunk = trunkOfSlice(trunk, k);
  const skin = Math.max(1, Math.round(SKIN_MM / mm));
  let [muscle, under, visceral, edge] = [0, 0, 0, 0];
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < nx; i++) {
      const pixel = i + nx * j;
      if (inTrunk[pixel] === 0) continue;
      if (i === 0 || j === 0 || i === nx - 1 || j === ny - 1) edge++;
      const n = base + pixel;
      if (labels[n] !== ANATOMY_LABELS.body) continue;
      const hu = trunk.ct.data[n]!;
      const inside = trunk.cavity.data[n] !== 0;
      const besideSpine =
        Math.abs(trunk.x(i) - trunk.spineX[k]!) < PSOAS_SIDE_MM &&
        trunk.y(j) > trunk.spineFront[k]! - PSOAS_FRONT_MM;
      const isSkin = [1, -1, nx, -nx].some((step) => inTrunk[pixel + step * skin] === 0);
      if (hu >= MUSCLE_HU[0] && hu <= MUSCLE_HU[1]) {
        if (!isSkin && (!inside || besideSpine)) muscle++;
      } else if (!inside && hu >= SUBCUTANEOUS_HU[0] && hu <= SUBCUTANEOUS_HU[1]) under++;
      else if (inside && hu >= VISCERAL_HU[0] && hu <= VISCERAL_HU[1]) visceral++;
    }
  const findings: string[] = [];
  if (edge > 3) findings.push('the body is cut off by the edge of the field of view: areas are too small');
  return {
    level: 'L3',
    z,
    muscleMm2: muscle * mm * mm,
    subcutaneousFatMm2: under * mm * mm,
    visceralFatMm2: visceral * mm * mm,
    confidence: l3.confidence,
    findings,
  };
}

/** The pixels of the slice that hang together with the spine. */
function trunkOfSlice(trunk: Trunk, k: number): Uint8Array {
  const [nx, ny] = trunk.labels.size;
  const mm = trunk.labels.spacingMm[0];
  const base = nx * ny * k;
  const inside = new Uint8Array(nx * ny);
  const i0 = Math.round((trunk.spineX[k]! - trunk.labels.origin[0]) / mm);
  const j0 = Math.round((trunk.spineFront[k]! - trunk.labels.origin[1]) / mm);
  const first = i0 + nx * j0;
  if (trunk.labels.data[base + first] === ANATOMY_LABELS.outside) return inside;
  const queue = [first];
  inside[first] = 1;
  for (let at = 0; at < queue.length; at++) {
    const pixel = queue[at]!;
    const i = pixel % nx;
    for (const step of [-1, 1, -nx, nx]) {
      const next = pixel + step;
      if (next < 0 || next >= nx * ny || (step === -1 && i === 0) || (step === 1 && i === nx - 1)) continue;
      if (inside[next] !== 0 || trunk.labels.data[base + next] === ANATOMY_LABELS.outside) continue;
      inside[next] = 1;
      queue.push(next);
    }
  }
  return inside;
}
