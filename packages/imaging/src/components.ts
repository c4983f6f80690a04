import { emptyVolume } from './create.ts';
import type { Mask, Volume } from './volume.ts';

/** Neighbours that belong together: over faces (6), also edges (18), also corners (26). */
export type Connectivity = 6 | 18 | 26;

export interface Components {
  /** 0 outside, 1..count in the order of each component's first voxel. */
  readonly labels: Volume<Int32Array>;
  readonly count: number;
  /** Voxels per component: `sizes[label - 1]`. */
  readonly sizes: number[];
}

/** Connected components of a mask. */
export async function components(
  mask: Mask,
  { connectivity }: { readonly connectivity: Connectivity },
): Promise<Components> {
  const labels = emptyVolume(mask, 'int32', '1');
  const [ni, nj, nk] = mask.size;
  const reach = connectivity === 6 ? 1 : connectivity === 18 ? 2 : 3;
  const sizes: number[] = [];
  const stack: number[] = [];
  for (let first = 0; first < mask.data.length; first++) {
    if (!mask.data[first] || labels.data[first]) continue;
    const label = sizes.length + 1;
    let count = 0;
    labels.data[first] = label;
    stack.push(first);
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      count++;
      const i = index % ni;
      const j = Math.floor(index / ni) % nj;
      const k = Math.floor(index / (ni * nj));
      for (let c = -1; c <= 1; c++)
        for (let b = -1; b <= 1; b++)
          for (let a = -1; a <= 1; a++) {
            if (Math.abs(a) + Math.abs(b) + Math.abs(c) > reach) continue;
            if (i + a < 0 || i + a >= ni || j + b < 0 || j + b >= nj || k + c < 0 || k + c >= nk) continue;
            const near = index + a + ni * (b + nj * c);
            if (!mask.data[near] || labels.data[near]) continue;
            labels.data[near] = label;
            stack.push(near);
          }
    }
    sizes.push(count);
  }
  return { labels, count: sizes.length, sizes };
}

/** The voxels of one label, or of several. */
export function labelMask(labels: Volume, wanted: number | ReadonlySet<number>): Mask {
  const mask = emptyVolume(labels, 'uint8', '1');
  const { data } = labels;
  const holds = typeof wanted === 'number' ? (v: number) => v === wanted : (v: number) => wanted.has(v);
  for (let index = 0; index < data.length; index++) if (holds(data[index]!)) mask.data[index] = 1;
  return mask;
}

/** The component with the most voxels (the first one of equals); empty for an empty mask. */
export async function largestComponent(
  mask: Mask,
  options: { readonly connectivity: Connectivity },
): Promise<Mask> {
  const { labels, sizes } = await components(mask, options);
  let best = 0;
  sizes.forEach((size, index) => {
    if (size > (sizes[best] ?? 0)) best = index;
  });
  return labelMask(labels, best + 1);
}
