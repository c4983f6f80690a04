import type { Volume } from '@photopeak/imaging';
import { voxelMap } from '../sampling/index.ts';
import { ANATOMY_LABELS } from './labels.ts';
import { ORGAN_LABELS } from './organs/names.ts';

const { outside, body, lungRight, lungLeft, airways, bone } = ANATOMY_LABELS;
const TISSUE_HU = -300;
const LUNG_HU = -400;
const LUMEN_HU = -750;
const BONE_HU = 180;
/** What no organ holds but gas does; the stomach alone keeps it. */
const GAS_HU = -200;
const FIRST_ORGAN = ORGAN_LABELS.brain;
const FIRST_VERTEBRA = ORGAN_LABELS.vertebraC1;
const NEVER_OF_GAS = (label: number) => label !== ORGAN_LABELS.stomach;

const isBone = (label: number) => label === bone || label >= FIRST_VERTEBRA;
const isOrgan = (label: number) => label >= FIRST_ORGAN && label < FIRST_VERTEBRA;

/** The label of a voxel between coarse voxels of several labels, from its own value. */
function decide(hu: number, near: ReadonlySet<number>, nearest: number, bony: number): number {
  if (isOrgan(nearest) && !(NEVER_OF_GAS(nearest) && hu < GAS_HU)) return nearest;
  if (bony !== 0 && hu > BONE_HU) return bony;
  if (near.has(airways) && hu < LUMEN_HU) return airways;
  if (hu < LUNG_HU) {
    if (nearest === lungRight || nearest === lungLeft) return nearest;
    if (near.has(lungRight)) return lungRight;
    if (near.has(lungLeft)) return lungLeft;
    if (near.has(airways)) return airways;
  }
  if (near.has(outside)) return hu > TISSUE_HU ? body : nearest === outside ? outside : body;
  return body;
}

const clamped = (share: number): number => Math.min(1, Math.max(0, share));

/**
 * The labels on the grid of the CT itself: inside a structure the working label holds, at its surface each voxel is
 * decided by its own Hounsfield value; between organs, which often
 * have the same, by the trilinear share of each. `anatomy` holds `ANATOMY_LABELS` or `ORGAN_LABELS`. One byte a voxel; nothing else of the CT's size is held.
 */
export function refineAnatomy(
  ct: Volume,
  anatomy: { readonly labels: Volume<Uint8Array> },
): Volume<Uint8Array> {
  const m = voxelMap(ct, anatomy.labels);
  const [nx, ny, nz] = ct.size;
  const [sx, sy, sz] = anatomy.labels.size;
  const coarse = anatomy.labels.data;
  const data = new Uint8Array(nx * ny * nz);
  const near = new Set<number>();
  /** Trilinear weight of each label among the eight coarse voxels around. */
  const shares = new Float64Array(256);
  let index = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, index++) {
        const x = m[0] * i + m[1] * j + m[2] * k + m[3];
        const y = m[4] * i + m[5] * j + m[6] * k + m[7];
        const z = m[8] * i + m[9] * j + m[10] * k + m[11];
        const ix = Math.min(Math.max(Math.floor(x), 0), Math.max(0, sx - 2));
        const iy = Math.min(Math.max(Math.floor(y), 0), Math.max(0, sy - 2));
        const iz = Math.min(Math.max(Math.floor(z), 0), Math.max(0, sz - 2));
        const at = ix + sx * (iy + sy * iz);
        const first = coarse[at]!;
        let same = true;
        for (let corner = 1; corner < 8 && same; corner++)
          same = coarse[at + (corner & 1) + (corner & 2 ? sx : 0) + (corner & 4 ? sx * sy : 0)] === first;
        if (same) {
          data[index] = first;
          continue;
        }
        near.clear();
        shares.fill(0);
        const [fx, fy, fz] = [clamped(x - ix), clamped(y - iy), clamped(z - iz)];
        let nearest = 0;
        let bony = 0;
        for (let corner = 0; corner < 8; corner++) {
          const label = coarse[at + (corner & 1) + (corner & 2 ? sx : 0) + (corner & 4 ? sx * sy : 0)]!;
          near.add(label);
          shares[label]! +=
            (corner & 1 ? fx : 1 - fx) * (corner & 2 ? fy : 1 - fy) * (corner & 4 ? fz : 1 - fz);
        }
        for (const label of near) {
          if (shares[label]! > shares[nearest]!) nearest = label;
          if (isBone(label) && (bony === 0 || shares[label]! > shares[bony]!)) bony = label;
        }
        data[index] = decide(ct.data[index]!, near, nearest, bony);
      }
  return {
    size: ct.size,
    spacingMm: ct.spacingMm,
    origin: ct.origin,
    direction: ct.direction,
    data,
    unit: '1',
  };
}
