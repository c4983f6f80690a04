import { type Grid, toWorld } from '@photopeak/imaging';
import { ANATOMY_LABELS } from '../labels.ts';
import type { NamedVertebra } from './spine.ts';
import { sliceAt, type Trunk } from './trunk.ts';

/**
 * Where a pixel lies in the plane of L3: in the wall outside the cavity, in the skin over it, inside beside the spine
 * where the psoas is, or elsewhere inside. 0: not the trunk.
 */
export const COMPARTMENTS = { wall: 1, skin: 2, besideSpine: 3, inside: 4 } as const;

/** The axial plane through the middle of L3 on the working grid. */
export interface L3Plane {
  /** Height, LPS mm. */
  readonly z: number;
  /** One slice. */
  readonly grid: Grid;
  /** `COMPARTMENTS` of each pixel. */
  readonly compartments: Uint8Array;
  /** Probability that the plane is that of L3. */
  readonly confidence: number;
  readonly findings: readonly string[];
}

/** The muscles inside the cavity lie beside and behind the front of the vertebrae. */
const PSOAS_SIDE_MM = 72;
const PSOAS_FRONT_MM = 12;
const SKIN_MM = 4;
const FEW_PIXELS = 3;

/** The plane of L3; undefined where L3 is not wholly in the scan. */
export function l3Plane(trunk: Trunk, vertebrae: readonly NamedVertebra[]): L3Plane | undefined {
  const l3 = vertebrae.find(({ name }) => name === 'L3');
  if (l3 === undefined || l3.isCut) return undefined;
  const z = (l3.topZ + l3.bottomZ) / 2;
  const k = sliceAt(trunk, z);
  const [nx, ny] = trunk.labels.size;
  const mm = trunk.labels.spacingMm[0];
  const base = nx * ny * k;
  const inTrunk = trunkOfSlice(trunk, k);
  const skin = Math.max(1, Math.round(SKIN_MM / mm));
  const compartments = new Uint8Array(nx * ny);
  let edge = 0;
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < nx; i++) {
      const pixel = i + nx * j;
      if (inTrunk[pixel] === 0) continue;
      if (i === 0 || j === 0 || i === nx - 1 || j === ny - 1) edge++;
      if (trunk.cavity.data[base + pixel] === 0) {
        const isSkin = [1, -1, nx, -nx].some((step) => inTrunk[pixel + step * skin] === 0);
        compartments[pixel] = isSkin ? COMPARTMENTS.skin : COMPARTMENTS.wall;
        continue;
      }
      const isBeside =
        Math.abs(trunk.x(i) - trunk.spineX[k]!) < PSOAS_SIDE_MM &&
        trunk.y(j) > trunk.spineFront[k]! - PSOAS_FRONT_MM;
      compartments[pixel] = isBeside ? COMPARTMENTS.besideSpine : COMPARTMENTS.inside;
    }
  const findings =
    edge > FEW_PIXELS ? ['the body is cut off by the edge of the field of view: areas are too small'] : [];
  return {
    z,
    grid: { ...gridOf(trunk), size: [nx, ny, 1], origin: toWorld(trunk.labels, [0, 0, k]) },
    compartments,
    confidence: l3.confidence,
    findings,
  };
}

const gridOf = ({ labels: { size, spacingMm, origin, direction } }: Trunk): Grid => ({
  size,
  spacingMm,
  origin,
  direction,
});

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
