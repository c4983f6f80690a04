import { ANATOMY_LABELS } from '../labels.ts';
import type { Trunk } from './trunk.ts';

/** Height of the hip joints and how deep they lie, LPS mm. */
export interface HipLevel {
  readonly z: number;
  readonly y: number;
}

/** Bone at both sides of the pelvis, mm². */
const SMALLEST_MM2 = 700;

/** Height of the middle of the hip joints: where bone lies at both sides of the pelvis at its widest. */
export function hipLevel(trunk: Trunk): HipLevel | undefined {
  const { labels, midX } = trunk;
  const [nx, ny, nz] = labels.size;
  const area = new Float64Array(nz);
  const depth = new Float64Array(nz);
  for (let k = 0; k < nz; k++) {
    const sides = [0, 0];
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        if (labels.data[i + nx * (j + ny * k)] !== ANATOMY_LABELS.bone) continue;
        const aside = trunk.x(i) - midX[k]!;
        if (Math.abs(aside) < 55 || Math.abs(aside) > 135) continue;
        sides[aside < 0 ? 0 : 1]!++;
        depth[k]! += trunk.y(j);
      }
    depth[k] = depth[k]! / Math.max(1, sides[0]! + sides[1]!);
    area[k] = Math.min(sides[0]!, sides[1]!) * labels.spacingMm[0] ** 2;
  }
  const reach = Math.round(12 / labels.spacingMm[2]);
  const top = trunk.marks.lungs === undefined ? Number.POSITIVE_INFINITY : trunk.marks.lungs.baseZ - 150;
  let best = -1;
  let most = 0;
  for (let k = 0; k < nz; k++) {
    if (trunk.z(k) > top) break;
    let sum = 0;
    for (let c = Math.max(0, k - reach); c <= Math.min(nz - 1, k + reach); c++) sum += area[c]!;
    const mean = sum / (2 * reach + 1);
    if (mean > most) {
      most = mean;
      best = k;
    }
  }
  return best < 0 || most < SMALLEST_MM2 ? undefined : { z: trunk.z(best), y: depth[best]! };
}
