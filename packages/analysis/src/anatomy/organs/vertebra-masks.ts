import { ANATOMY_LABELS } from '../labels.ts';
import { ORGAN_LABELS } from './names.ts';
import type { NamedVertebra } from './spine.ts';
import type { Trunk } from './trunk.ts';

/** A vertebra with its processes lies within this distance of the middle of the spine; ribs begin beyond. */
const SIDE_MM = 42;
const FRONT_MM = 8;
const BACK_MM = 78;
/** The body of a vertebra holds marrow that is no bone by its density. */
const MARROW_SIDE_MM = 22;
const MARROW_BACK_MM = 30;
const MARROW_HU = 85;

/** Gives the bone of each vertebra its label; volumes in ml in the order of the vertebrae. */
export function labelVertebrae(
  trunk: Trunk,
  data: Uint8Array,
  vertebrae: readonly NamedVertebra[],
): number[] {
  const { labels, smooth, spineX, spineFront, voxelMl } = trunk;
  const [nx, ny, nz] = labels.size;
  const volumes = vertebrae.map(() => 0);
  for (let k = 0; k < nz; k++) {
    const z = trunk.z(k);
    const index = vertebrae.findIndex(({ topZ, bottomZ }) => z <= topZ && z > bottomZ);
    if (index < 0) continue;
    const label = ORGAN_LABELS[`vertebra${vertebrae[index]!.name}`];
    const marrowReach = labels.spacingMm[0];
    for (let j = 0; j < ny; j++) {
      const behind = trunk.y(j) - spineFront[k]!;
      if (behind < -FRONT_MM || behind > BACK_MM) continue;
      for (let i = 0; i < nx; i++) {
        const aside = Math.abs(trunk.x(i) - spineX[k]!);
        if (aside > SIDE_MM) continue;
        const n = i + nx * (j + ny * k);
        const isMarrow =
          data[n] === ANATOMY_LABELS.body &&
          aside < MARROW_SIDE_MM &&
          behind > marrowReach &&
          behind < MARROW_BACK_MM &&
          smooth[n]! > MARROW_HU;
        if (data[n] !== ANATOMY_LABELS.bone && !isMarrow) continue;
        data[n] = label;
        volumes[index]! += voxelMl;
      }
    }
  }
  return volumes;
}
