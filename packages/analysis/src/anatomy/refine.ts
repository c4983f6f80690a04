import type { Volume } from '@photopeak/imaging';
import { voxelMap } from '../sampling/index.ts';
import { ANATOMY_LABELS } from './labels.ts';
import type { CtAnatomy } from './segment-ct.ts';

const { outside, body, lungRight, lungLeft, airways, bone } = ANATOMY_LABELS;
const TISSUE_HU = -300;
const LUNG_HU = -400;
const LUMEN_HU = -750;
const BONE_HU = 180;

/** The label of a voxel between coarse voxels of several labels, from its own value. */
function decide(hu: number, near: ReadonlySet<number>, nearest: number): number {
  if (near.has(bone) && hu > BONE_HU) return bone;
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

/**
 * The labels on the grid of the CT itself: inside a structure the working label holds, at its surface each voxel is
 * decided by its own Hounsfield value. One byte a voxel; nothing else of the CT's size is held.
 */
export function refineAnatomy(ct: Volume, anatomy: CtAnatomy): Volume<Uint8Array> {
  const m = voxelMap(ct, anatomy.labels);
  const [nx, ny, nz] = ct.size;
  const [sx, sy, sz] = anatomy.labels.size;
  const coarse = anatomy.labels.data;
  const data = new Uint8Array(nx * ny * nz);
  const near = new Set<number>();
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
        for (let corner = 0; corner < 8; corner++)
          near.add(coarse[at + (corner & 1) + (corner & 2 ? sx : 0) + (corner & 4 ? sx * sy : 0)]!);
        const nearest =
          coarse[at + (x - ix > 0.5 ? 1 : 0) + (y - iy > 0.5 ? sx : 0) + (z - iz > 0.5 ? sx * sy : 0)]!;
        data[index] = decide(ct.data[index]!, near, nearest);
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
