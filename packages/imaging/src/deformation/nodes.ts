import type { Resident } from '../pool/resident.ts';
import type { Vec3 } from '../volume.ts';

/** A displacement field while it is computed: three planar arrays of floats, in voxels of its level. */
export interface Nodes {
  readonly size: Vec3;
  readonly u: number;
}

export const nodeCount = ({ size }: Pick<Nodes, 'size'>): number => size[0] * size[1] * size[2];

export function noDisplacement(memory: Resident, size: Vec3): Nodes {
  return { size, u: memory.take('float32', 3 * nodeCount({ size })) };
}

/** Binomial smoothing, a number of times; the nodes given stay. */
export async function smoothed(memory: Resident, nodes: Nodes, passes: number): Promise<Nodes> {
  const [nx, ny, nz] = nodes.size;
  const count = nodeCount(nodes);
  let from = nodes.u;
  for (let pass = 0; pass < passes; pass++) {
    const to = memory.take('float32', 3 * count);
    await memory.call(
      'smooth_nodes',
      nz,
      3 * count,
      (z0, z1) => [from, nx, ny, nz, z0, z1, to],
      4 * (nx * ny + nx + 16),
    );
    if (from !== nodes.u) memory.give(from);
    from = to;
  }
  return {
    size: nodes.size,
    u: from === nodes.u ? memory.put('float32', memory.view('float32', from, 3 * count)) : from,
  };
}

/** On nodes of half the distance, values times `factor`; the nodes given are released. */
export async function refined(memory: Resident, nodes: Nodes, size: Vec3, factor: number): Promise<Nodes> {
  const finer = noDisplacement(memory, size);
  await memory.call('refine_nodes', size[2], 3 * nodeCount(finer), (from, to) => [
    ...[nodes.u, ...nodes.size, ...size, factor, from, to, finer.u],
  ]);
  memory.give(nodes.u);
  return finer;
}

export function scale(memory: Resident, nodes: Nodes, factor: number): void {
  const values = memory.view('float32', nodes.u, 3 * nodeCount(nodes));
  for (let n = 0; n < values.length; n++) values[n]! *= factor;
}
