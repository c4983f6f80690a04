import { toWorld, type Vec3, type Volume } from '@photopeak/imaging';
import { ctStructureNames, ORGAN_LABELS } from '../anatomy/index.ts';

const FROM_SPINE_MM = 35;
const IN_FRONT_OF_SPINE_MM = 45;
const ABOVE_LUNG_BASE_MM = 70;
const BELOW_LUNG_BASE_MM = 110;

/**
 * Where a spleen lies, for a CT that did not show it: left of the spine, not far in front of it, below the left lung.
 * Undefined where it was found, or where lung and spine do not say where that is. Positions in LPS mm.
 */
export function spleenPlace(anatomy: Volume<Uint8Array>): ((at: Vec3) => boolean) | undefined {
  const [nx, ny] = anatomy.size;
  const vertebrae = new Set(
    ctStructureNames.filter((name) => name.startsWith('vertebra')).map((name) => ORGAN_LABELS[name]),
  );
  let base = Number.POSITIVE_INFINITY;
  const heights: Vec3[] = [];
  for (let n = 0; n < anatomy.data.length; n++) {
    const label = anatomy.data[n]!;
    if (label === 0) continue;
    if (label === ORGAN_LABELS.spleen) return undefined;
    const isLung = label === ORGAN_LABELS.lungLeft;
    if (!isLung && !vertebrae.has(label)) continue;
    const at = toWorld(anatomy, [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))]);
    if (isLung) base = Math.min(base, at[2]);
    else heights.push(at);
  }
  const near = heights.filter(([, , z]) => z > base - BELOW_LUNG_BASE_MM && z < base + ABOVE_LUNG_BASE_MM);
  if (near.length === 0) return undefined;
  const mean = (axis: 0 | 1) => near.reduce((sum, at) => sum + at[axis], 0) / near.length;
  const [x, y] = [mean(0), mean(1)];
  return (at) =>
    at[0] > x + FROM_SPINE_MM &&
    at[1] > y - IN_FRONT_OF_SPINE_MM &&
    at[2] > base - BELOW_LUNG_BASE_MM &&
    at[2] < base + ABOVE_LUNG_BASE_MM;
}
