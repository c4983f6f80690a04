import { emptyVolume } from './create.ts';
import { voxelCount } from './geometry.ts';
import { labelBytesPerPlane } from './pool/operations/components.ts';
import { runPieces } from './pool/pool.ts';
import { Lease, PIECE_BYTES, ranges, stage, wholeSource } from './pool/staging.ts';
import { allocateShared } from './shared-memory.ts';
import type { Mask, Volume } from './volume.ts';
import { bytesPerVoxel, voxelType } from './voxels.ts';

/** Neighbours that belong together: over faces (6), also edges (18), also corners (26). */
export type Connectivity = 6 | 18 | 26;

export interface Components {
  /** 0 outside, 1..count in the order of each component's first voxel. */
  readonly labels: Volume<Int32Array>;
  readonly count: number;
  /** Voxels per component: `sizes[label - 1]`. */
  readonly sizes: number[];
}

/**
 * Connected components of a mask: slabs of planes are labelled side by side (runs and union-find), joined over their
 * seams, and numbered in the order of first voxels (x fastest).
 */
export async function components(
  mask: Mask,
  { connectivity }: { readonly connectivity: Connectivity },
): Promise<Components> {
  const labels = emptyVolume(mask, 'int32', '1');
  const { size } = mask;
  const voxels = voxelCount(mask);
  const target = wholeSource(labels);
  const perPlane = labelBytesPerPlane(size, bytesPerVoxel(voxelType(mask.data)));
  const depth = Math.max(1, Math.floor((PIECE_BYTES - 4096) / perPlane));
  const slabs = ranges(size[2], size[2] / depth);
  function* label() {
    for (const planes of slabs) {
      const box = { start: [0, 0, planes[0]], size: [size[0], size[1], planes[1] - planes[0]] } as const;
      const lease = new Lease();
      const task = { source: stage(mask, box, lease), target, size, connectivity, planes };
      yield { task, bytes: perPlane * box.size[2] + 4096, lease };
    }
  }
  const slabSizes = await runPieces('labelSlab', voxels, label());
  const seams = await runPieces(
    'seam',
    voxels,
    slabs.slice(1).map(([plane]) => ({ task: { target, size, connectivity, plane }, bytes: 0 })),
  );
  const { numbers, offsets, sizes } = joinSlabs(slabSizes, seams);
  await runPieces(
    'relabel',
    voxels,
    slabs.flatMap((planes, slab) => {
      const offset = offsets[slab]!;
      const count = slabSizes[slab]!.length;
      let changes = false;
      for (let local = 1; local <= count && !changes; local++) changes = numbers[offset + local] !== local;
      return changes ? [{ task: { target, size, planes, numbers, offset }, bytes: 0 }] : [];
    }),
  );
  return { labels, count: sizes.length, sizes };
}

/** Final numbers: label l of slab s becomes `numbers[offsets[s] + l]`. */
function joinSlabs(slabSizes: readonly Int32Array[], seams: readonly Int32Array[]) {
  const offsets: number[] = [];
  let total = 0;
  for (const { length } of slabSizes) {
    offsets.push(total);
    total += length;
  }
  const parents = new Int32Array(allocateShared((total + 1) * 4));
  for (let index = 0; index <= total; index++) parents[index] = index;
  const find = (label: number) => {
    let root = label;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!;
      root = parents[root]!;
    }
    return root;
  };
  for (const [seam, pairs] of seams.entries()) {
    for (let at = 0; at < pairs.length; at += 2) {
      const a = find(offsets[seam]! + pairs[at]!);
      const b = find(offsets[seam + 1]! + pairs[at + 1]!);
      // The smaller number has the earlier first voxel.
      if (a < b) parents[b] = a;
      else parents[a] = b;
    }
  }
  const sizes: number[] = [];
  for (const [slab, counts] of slabSizes.entries()) {
    for (let local = 1; local <= counts.length; local++) {
      const label = offsets[slab]! + local;
      // Roots come first, so a parent already holds its final number, kept negative until all are numbered.
      const parent = parents[label]!;
      if (parent === label) {
        sizes.push(0);
        parents[label] = -sizes.length;
      } else {
        parents[label] = parents[parent]!;
      }
      sizes[-parents[label]! - 1]! += counts[local - 1]!;
    }
  }
  for (let index = 1; index <= total; index++) parents[index] = -parents[index]!;
  return { numbers: parents, offsets, sizes };
}

/** The voxels of one label, or of several: of a set, or those whose `wanted[label - 1]` holds, in the order of `sizes`. */
export function labelMask(labels: Volume, wanted: number | ReadonlySet<number> | readonly boolean[]): Mask {
  const mask = emptyVolume(labels, 'uint8', '1');
  const { data } = labels;
  if (typeof wanted === 'number') {
    for (let index = 0; index < data.length; index++) if (data[index] === wanted) mask.data[index] = 1;
    return mask;
  }
  const known =
    'has' in wanted ? [...wanted] : wanted.flatMap((isWanted, index) => (isWanted ? [index + 1] : []));
  const isWanted = new Uint8Array(1 + known.reduce((largest, label) => Math.max(largest, label), 0));
  for (const label of known) if (label > 0) isWanted[label] = 1;
  for (let index = 0; index < data.length; index++) if (isWanted[data[index]!] === 1) mask.data[index] = 1;
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
  return labelMask(labels, sizes.length === 0 ? Number.NaN : best + 1);
}
