import { components, type Mask, type Volume } from '@photopeak/imaging';

/** Neighbours of metal belong to it from this share of its threshold on. */
const HYSTERESIS = 0.8;
/** So many voxels far: the blurred rim of metal, but not the teeth or the cortex that it touches. */
const RIM_VOXELS = 2;
/** Metal of fewer voxels is noise or calcium. */
const LEAST_VOXELS = 4;

/** Voxels above the threshold (HU) with their rim above a part of it; specks are left out. */
export async function findMetal(image: Volume, metalHu: number): Promise<Mask> {
  const mask: Mask = { ...image, data: new Uint8Array(image.data.length), unit: '1' };
  let rim: number[] = [];
  for (let n = 0; n < mask.data.length; n++) {
    if (image.data[n]! < metalHu) continue;
    mask.data[n] = 1;
    rim.push(n);
  }
  if (rim.length === 0) return mask;
  for (let step = 0; step < RIM_VOXELS; step++) {
    const next: number[] = [];
    for (const n of rim) {
      forEachNeighbour(image.size, n, (other) => {
        if (mask.data[other] !== 0 || image.data[other]! < HYSTERESIS * metalHu) return;
        mask.data[other] = 1;
        next.push(other);
      });
    }
    rim = next;
  }
  const { labels, sizes } = await components(mask, { connectivity: 26 });
  for (let n = 0; n < mask.data.length; n++) {
    const label = labels.data[n]!;
    mask.data[n] = label > 0 && sizes[label - 1]! >= LEAST_VOXELS ? 1 : 0;
  }
  return mask;
}

/** The voxels that share a face, an edge or a corner with one. */
function forEachNeighbour([nx, ny, nz]: Volume['size'], n: number, visit: (other: number) => void): void {
  const [x, y, z] = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))];
  for (let k = Math.max(0, z - 1); k <= Math.min(nz - 1, z + 1); k++)
    for (let j = Math.max(0, y - 1); j <= Math.min(ny - 1, y + 1); j++)
      for (let i = Math.max(0, x - 1); i <= Math.min(nx - 1, x + 1); i++) visit(i + nx * (j + ny * k));
}
